import type { SamplingMethod } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import { formatScalar, isNumeric, toDouble } from '../plan/index.ts';
import { sampledColumn, type ScannedColumn, type ScannedStrata } from '../sources/index.ts';

/** A table that is itself a sample: every row of it was drawn, and a column says from how many or with which weight. */
export type GivenMethod = Extract<SamplingMethod, { readonly kind: 'given' }>;

/**
 * The strata of a table that is itself a sample, with the population that the column declares: N_h, or the sum of all weights.
 * @param strata as the file has them
 * @throws QueryError INVALID_FILE where the column's values make no sense of it
 */
export function givenStrata(strata: ScannedStrata, method: GivenMethod): ScannedStrata {
  if (strata.count === 0) throw invalid(method, 'needs rows; the file has none');
  const declared = strata.columns.find(({ column }) => column.name === method.column)!; // resolved against the same columns
  if (!isNumeric(declared.column.type) || sampledColumn(declared) === null)
    throw invalid(method, 'needs a column of numbers that a double holds exactly');
  const populationOf = method.source === 'population' ? declaredPopulation : sumOfWeights;
  const population = strata.population.map((rows, stratum) => {
    const refuse: Refuse = (rule, found) => invalid(method, `${rule}; ${inStratum(strata, stratum)}${found}`);
    if (declared.count[stratum]! < rows) throw refuse('must have a value in every row', 'one is NULL'); // one entry a stratum
    if (declared.nonFinite[stratum]! > 0) throw refuse('must be finite', 'one is not');
    return populationOf(declared, stratum, rows, method, refuse);
  });
  return { ...strata, population };
}

/** The error of a stratum: what must hold, and what was found. */
type Refuse = (rule: string, found: string) => QueryError;

const invalid = ({ source, column }: GivenMethod, what: string): QueryError =>
  new QueryError('INVALID_FILE', `${source.toUpperCase()} ${column} ${what}`);

/** Names the stratum; nothing where there is only one. */
function inStratum({ keys }: ScannedStrata, stratum: number): string {
  if (keys.length === 0) return '';
  const parts = keys.map(({ column: { name, type }, values }) => {
    const value = values[stratum] ?? null;
    return `${name} = ${value === null ? 'NULL' : formatScalar(value, type)}`;
  });
  return `in the stratum ${parts.join(', ')} `;
}

/** What is computed of a stratum's declared population. */
type PopulationOf = (
  declared: ScannedColumn,
  stratum: number,
  rows: number,
  method: GivenMethod,
  refuse: Refuse,
) => number;

const declaredPopulation: PopulationOf = ({ column, low, high }, stratum, rows, { columns }, refuse) => {
  const [least, most] = [toDouble(low[stratum]!, column.type), toDouble(high[stratum]!, column.type)]; // one entry a stratum
  if (least !== most) {
    const where = columns.length === 0 ? '' : ' of a stratum';
    throw refuse(`must be the same in all rows${where}`, `it goes from ${least} to ${most}`);
  }
  if (!Number.isSafeInteger(least) || least < 1)
    throw refuse('must be a whole number of rows, 1 or more', `it is ${least}`);
  if (least < rows)
    throw refuse(
      'must be at least the number of rows that the file has',
      `it is ${least}, and there are ${rows}`,
    );
  return least;
};

const sumOfWeights: PopulationOf = ({ column, low, mean }, stratum, rows, { columns }, refuse) => {
  const least = toDouble(low[stratum]!, column.type); // one entry a stratum
  if (!(least > 0)) throw refuse('must be above 0', `one is ${least}`);
  if (columns.length === 0 && least < 1)
    throw refuse("must be 1 or more without strata, the inverse of the row's probability", `one is ${least}`);
  return mean[stratum]! * rows; // of every row
};
