import type { OutputColumn, SqlType } from '../../plan/index.ts';
import { quoteName } from './print-literal.ts';

/** Values beyond this are counted as not finite: their squares would not fit a double's range with room to spare. */
export const finiteMax = 1e150;

/** The SQL expressions of a column's totals, by the name of the total. */
export type StatisticExpressions = Readonly<Record<string, string>>;

export const isFloating = (type: SqlType): boolean => type.kind === 'float' || type.kind === 'double';
export const isExact = (type: SqlType): boolean => type.kind === 'integer' || type.kind === 'decimal';

/** Where a floating number can be a part of moments, in SQL. */
export const doubleTest = (column: string): string => `abs(${column}) < ${finiteMax}`;

/** Where a value has a place in an order of doubles, in SQL; null: it always has. */
function finiteTest(column: string, type: SqlType): string | null {
  if (isFloating(type)) return doubleTest(column);
  return type.kind === 'date' || type.kind === 'timestamp' ? `isfinite(${column})` : null;
}

/** Whether a value is neither NULL nor infinite nor NaN, in SQL: true or false. */
export function isFinite(column: string, type: SqlType): string {
  return `coalesce(${finiteTest(column, type) ?? `${column} IS NOT NULL`}, FALSE)`;
}

/** The value as a number that has an order: scaled integers for DECIMAL, days, microseconds; null for other types. */
export function ordinal(value: string, type: SqlType): string | null {
  switch (type.kind) {
    case 'integer':
    case 'float':
    case 'double':
      return `${value}::DOUBLE`;
    case 'decimal':
      return `round(${value}::DOUBLE * 1e${type.scale})`;
    case 'date':
      return `(${value} - DATE '1970-01-01')::DOUBLE`;
    case 'timestamp':
      return `epoch_us(${value})::DOUBLE`;
    default:
      return null;
  }
}

/** The column's distance from a centre as a double, NULL where it has none; null for types without such. */
export function deviationExpression({ name, type }: OutputColumn, centre: number): string | null {
  if (!isFloating(type) && !isExact(type)) return null;
  const test = finiteTest(quoteName(name), type);
  const finite = test === null ? quoteName(name) : `(CASE WHEN ${test} THEN ${quoteName(name)} END)`;
  return `(${finite}::DOUBLE - (${centre}))`;
}

/**
 * What the first scan computes of a column.
 * @param centre a number near the column's mean: power sums about it keep their digits
 */
export function statisticExpressions({ name, type }: OutputColumn, centre: number): StatisticExpressions {
  const column = quoteName(name);
  const counted = { count: `count(${column})` };
  const test = finiteTest(column, type);
  const finite = test === null ? column : `(CASE WHEN ${test} THEN ${column} END)`;
  const ordered = ordinal(finite, type);
  if (ordered === null) return counted;
  const bounds = {
    ...counted,
    ...(test === null ? {} : { nonFinite: `count(*) FILTER (WHERE NOT (${test}))` }),
    low: `min(${ordered})`,
    high: `max(${ordered})`,
  };
  const deviation = deviationExpression({ name, type }, centre);
  if (deviation === null) return bounds;
  const power = (k: number): string => `sum(${Array.from({ length: k }, () => deviation).join(' * ')})`;
  return {
    ...bounds,
    ...(isExact(type) ? { sum: `sum(${column})` } : {}),
    mean: `avg(${finite})`,
    variance: `var_pop(${finite}::DOUBLE)`,
    power3: power(3),
    power4: power(4),
    power5: power(5),
    power6: power(6),
  };
}

/** Relative to the moment that a normal distribution of the same variance would have, below this the digits are lost. */
const digitsKept = 1e-6;
const epsilon = 2 ** -52;
/** C(n, k) at [n][k], for n up to 6. */
export const binomial: readonly (readonly number[])[] = [
  [1],
  [1, 1],
  [1, 2, 1],
  [1, 3, 3, 1],
  [1, 4, 6, 4, 1],
  [1, 5, 10, 10, 5, 1],
  [1, 6, 15, 20, 15, 6, 1],
];

/**
 * Whether a sum lost its digits, because its terms cancel.
 * @param largest magnitude of its largest term
 * @param natural the moment that a normal distribution of the same variance would have, or one like it
 */
export function isCancelled(value: number, largest: number, natural: number): boolean {
  return largest * epsilon * 8 > digitsKept * Math.max(natural, Math.abs(value));
}

/**
 * Moves power sums Σ(x − c)^k, k = 3 … 6, to the mean: m_k = p_k − Σ_{j<k} C(k, j) m_j δ^{k−j} with δ = mean − c.
 * Where the terms cancel so far that rounding would show, the moment is NaN: not known.
 * @param n number of values
 * @param m2 Σ(x − mean)²
 * @param powers p_3 … p_6
 * @returns m_2 … m_6
 */
export function centreMoments(n: number, m2: number, delta: number, powers: readonly number[]): number[] {
  if (m2 === 0) return [0, 0, 0, 0, 0]; // all values are the same
  // A build asks for each stratum and column: loops without arrays of terms.
  const moments = [n, 0, m2];
  for (let k = 3; k <= 6; k++) {
    const power = powers[k - 3]!; // four of them
    const factors = binomial[k]!;
    let [value, largest] = [power, Math.abs(power)];
    for (let j = 0; j < k; j++) {
      const term = factors[j]! * moments[j]! * delta ** (k - j); // j < k
      value -= term;
      largest = Math.max(largest, Math.abs(term));
    }
    moments.push(isCancelled(value, largest, n * (m2 / n) ** (k / 2)) ? Number.NaN : value);
  }
  return moments.slice(2);
}
