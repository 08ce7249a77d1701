import {
  type BoundExpression,
  type ColumnRange,
  columnsOf,
  type ColumnValue,
  type Scalar,
} from '../plan/index.ts';
import type { Dictionary } from '../columns/index.ts';
import type { ColumnStatistics, LoadedColumn, Sample, StrataTable } from '../samples/index.ts';
import { type ColumnSource, type LiftCache, NotOnKernels } from './lower/emitter.ts';

/** What was lifted over a dictionary is kept as long as the dictionary, up to so many expressions. */
const liftedMax = 64;

/** Keeps lifted values beside the dictionaries that they were computed for. */
class DictionaryCache implements LiftCache {
  private readonly byDictionary = new WeakMap<Dictionary, Map<string, readonly Scalar[]>>();

  get(dictionary: Dictionary, key: string, make: () => readonly Scalar[]): readonly Scalar[] {
    const known = this.byDictionary.get(dictionary) ?? new Map<string, readonly Scalar[]>();
    this.byDictionary.set(dictionary, known);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= liftedMax) known.delete(known.keys().next().value!); // not empty
    const made = make();
    known.set(key, made);
    return made;
  }
}

const liftCache = new DictionaryCache();

/** The least value; infinite where there is none. */
export const least = (values: Float64Array): number =>
  values.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY);
/** The greatest value; minus infinity where there is none. */
export const greatest = (values: Float64Array): number =>
  values.reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY);

/** Exact ranges and means over the whole table, by column name; worked out once for a sample. */
export class ColumnFacts {
  constructor(
    private readonly statistics: ReadonlyMap<string, ColumnStatistics>,
    private readonly takeAll: Uint8Array,
  ) {}

  /** The range of a column. */
  readonly range: ColumnRange = this.rangesWhere(() => true);

  /** The range of a column over the rows of the table that the sample may not hold: those in strata that it does not take whole. */
  readonly sampledRange: ColumnRange = this.rangesWhere((stratum) => this.takeAll[stratum] === 0);

  private rangesWhere(counts: (stratum: number) => boolean): ColumnRange {
    const ranges = new Map<string, { low: number; high: number } | null>();
    return ({ name }) => {
      const known = ranges.get(name);
      if (known !== undefined) return known;
      const found = this.statistics.get(name);
      const [low, high] =
        found === undefined
          ? [1, 0]
          : [
              least(found.low.filter((_, stratum) => counts(stratum))),
              greatest(found.high.filter((_, stratum) => counts(stratum))),
            ];
      // A column without values takes none: any range holds them, and zero is the handiest.
      const range = found === undefined ? null : low > high ? { low: 0, high: 0 } : { low, high };
      ranges.set(name, range);
      return range;
    };
  }

  /** The mean of a column in its unit; 0 where it has none. */
  readonly mean = onceForEach((name) => this.meanOf(name));

  /** Whether the column has values that are NaN or infinite. */
  readonly hasNonFinite = onceForEach(
    (name) => this.statistics.get(name)?.nonFinite.some((count) => count > 0) ?? false,
  );

  private meanOf(name: string): number {
    const found = this.statistics.get(name);
    if (found === undefined) return 0;
    let [sum, count] = [0, 0];
    for (const [stratum, n] of found.count.entries()) {
      const mean = found.mean[stratum]!; // one entry a stratum
      if (Number.isNaN(mean)) continue;
      sum += n * mean;
      count += n;
    }
    return count === 0 ? 0 : sum / count;
  }
}

/** What a function says of each column, worked out when it is first asked. */
function onceForEach<T>(of: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = of(name);
    known.set(name, made);
    return made;
  };
}

const factsOf = new WeakMap<StrataTable, ColumnFacts>();

/** The facts of a sample's columns. */
export function columnFacts({ strata }: Sample): ColumnFacts {
  const known = factsOf.get(strata) ?? new ColumnFacts(strata.statistics, strata.takeAll);
  factsOf.set(strata, known);
  return known;
}

/**
 * The sample's columns as lowering asks for them.
 * @param loaded the columns that the query reads, with their dictionaries
 */
export function columnSource(sample: Sample, loaded: ReadonlyMap<string, LoadedColumn>): ColumnSource {
  const { range } = columnFacts(sample);
  return {
    columnOf({ name }: ColumnValue) {
      const { manifest, values, dictionary } = loaded.get(name)!; // loadColumns loaded every column of the query
      const whole = !(values instanceof Float64Array || values instanceof Float32Array);
      return { name, nullable: manifest.nullable, whole, dictionary };
    },
    range,
    liftCache,
  };
}

/**
 * Loads the columns that expressions read.
 * @param rows so many rows from the start
 * @throws NotOnKernels where the sample does not hold one, or kernels cannot handle its values; QueryError DAMAGED_SAMPLE
 */
export async function loadColumns(
  sample: Sample,
  expressions: readonly BoundExpression[],
  rows: number,
): Promise<Map<string, LoadedColumn>> {
  const loaded = new Map<string, LoadedColumn>();
  const facts = columnFacts(sample);
  for (const { name } of expressions.flatMap(columnsOf)) {
    if (!sample.columns.some((column) => column.name === name)) {
      throw new NotOnKernels(`column ${name} is not in the sample: its type or range is beyond it`);
    }
    if (facts.hasNonFinite(name))
      throw new NotOnKernels(`column ${name} has values that are NaN or infinite`);
    loaded.set(name, await sample.load(name, rows));
  }
  return loaded;
}
