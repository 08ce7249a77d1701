import { compareScalars, type OutputColumn, type Scalar } from '../plan/index.ts';
import { centredOrders, type ColumnStatistics, type StrataTable } from '../samples/index.ts';
import type { ScannedColumn, ScannedStrata } from '../sources/index.ts';
import { type CentredMoments, joinMoments } from './merge-moments.ts';

/** The strata of all parts, each once. */
export interface StrataUnion {
  readonly strata: ScannedStrata;
  /** For each part, for each of its strata, the place in the union. */
  readonly places: readonly Int32Array[];
}

/** A stratum of a part. */
interface Member {
  readonly part: number;
  readonly own: number;
}

/**
 * The strata of parts together, as a scan of all their rows finds them: in the order of their keys, NULL last, outliers behind the
 * other rows of a key. Counts, integer sums and extremes are exact, means and moments but for rounding.
 * @param parts with the same key columns, of disjoint rows of one table
 * @param columns of the table
 * @param apart whether outliers are strata of their own
 */
export function uniteStrata(
  parts: readonly StrataTable[],
  columns: readonly OutputColumn[],
  apart: boolean,
): StrataUnion {
  const members = parts.flatMap(({ count }, part) =>
    Array.from({ length: count }, (_, own): Member => ({ part, own })),
  );
  const compare = comparison(parts);
  members.sort(compare);
  const places = parts.map(({ count }) => new Int32Array(count));
  const firsts: Member[] = [];
  for (const [place, member] of members.entries()) {
    if (place === 0 || compare(members[place - 1]!, member) !== 0) firsts.push(member); // place − 1 ≥ 0
    places[member.part]![member.own] = firsts.length - 1; // one array a part
  }
  const count = firsts.length;
  const population = new Float64Array(count);
  for (const [part, { population: own }] of parts.entries())
    for (const [stratum, rows] of own.entries()) population[places[part]![stratum]!]! += rows;
  const [{ keys }] = parts as [StrataTable]; // at least one part
  return {
    places,
    strata: {
      count,
      takeAll: apart ? Uint8Array.from(firsts, ({ part, own }) => parts[part]!.takeAll[own]!) : null,
      population,
      keys: keys.map(({ name }, key) => ({
        column: columnNamed(columns, name),
        values: firsts.map(({ part, own }): Scalar => parts[part]!.keys[key]!.values[own]!), // the same keys in all
      })),
      columns: columns.map((column) =>
        uniteStatistics(
          column,
          parts.map(({ statistics }) => statisticsNamed(statistics, column.name)),
          places,
          count,
        ),
      ),
    },
  };
}

/** The order of strata, whatever their part. */
function comparison(parts: readonly StrataTable[]): (a: Member, b: Member) => number {
  const [{ keys }] = parts as [StrataTable]; // at least one part
  return (a, b) => {
    const [ofA, ofB] = [parts[a.part]!, parts[b.part]!]; // members are of parts
    for (const key of keys.keys()) {
      const x = ofA.keys[key]!.values[a.own]!; // the same keys in all
      const y = ofB.keys[key]!.values[b.own]!;
      const order = x === null || y === null ? Number(x === null) - Number(y === null) : compareScalars(x, y);
      if (order !== 0) return order;
    }
    return ofA.takeAll[a.own]! - ofB.takeAll[b.own]!;
  };
}

function columnNamed(columns: readonly OutputColumn[], name: string): OutputColumn {
  const column = columns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`the table has no column ${name}, of which strata are made`);
  return column;
}

function statisticsNamed(all: StrataTable['statistics'], name: string): ColumnStatistics {
  const statistics = all.get(name);
  if (statistics === undefined) throw new Error(`a part has no column ${name}`);
  return statistics;
}

/** A column's totals over all parts. @param count strata of the union @param places for each part those of its strata in the union */
function uniteStatistics(
  column: OutputColumn,
  parts: readonly ColumnStatistics[],
  places: readonly Int32Array[],
  count: number,
): ScannedColumn {
  const unknown = (): Float64Array => new Float64Array(count).fill(Number.NaN);
  const united = {
    column,
    count: new Float64Array(count),
    nonFinite: new Float64Array(count),
    low: unknown(),
    high: unknown(),
    sum: uniteSums(parts, places, count),
    mean: unknown(),
    centred: centredOrders.map(unknown),
  };
  for (const [part, statistics] of parts.entries())
    for (const [own, stratum] of places[part]!.entries()) addStatistics(united, stratum, statistics, own);
  return united;
}

/** The lesser of two values, the greater; NaN stands for none. */
const lesser = (a: number, b: number): number => (Number.isNaN(a) || b < a ? b : a);
const greater = (a: number, b: number): number => (Number.isNaN(a) || b > a ? b : a);

/** A stratum's values that are finite. */
function momentsOf({ count, nonFinite, mean, centred }: ColumnStatistics, stratum: number): CentredMoments {
  return {
    count: count[stratum]! - nonFinite[stratum]!, // one entry a stratum in all of them
    mean: mean[stratum]!,
    centred: centred.map((moment) => moment[stratum]!),
  };
}

/** Adds what a part has of a stratum to what the others have. */
function addStatistics(to: ColumnStatistics, stratum: number, from: ColumnStatistics, own: number): void {
  // Of most strata there is nothing yet: then all is as the part has it. One entry a stratum in all arrays.
  const isFirst = to.count[stratum] === 0;
  const joined = isFirst ? null : joinMoments(momentsOf(to, stratum), momentsOf(from, own));
  to.count[stratum]! += from.count[own]!;
  to.nonFinite[stratum]! += from.nonFinite[own]!;
  to.low[stratum] = lesser(to.low[stratum]!, from.low[own]!);
  to.high[stratum] = greater(to.high[stratum]!, from.high[own]!);
  to.mean[stratum] = joined?.mean ?? from.mean[own]!;
  // Means of the same value may differ by a rounding, which is no spread.
  const alike = to.low[stratum] === to.high[stratum] && !Number.isNaN(to.mean[stratum]);
  for (const [order, moments] of to.centred.entries())
    moments[stratum] = alike ? 0 : (joined?.centred[order] ?? from.centred[order]![own]!);
}

/** Exact sums; null where a part has none, or one does not fit into 64 bits. */
function uniteSums(
  parts: readonly ColumnStatistics[],
  places: readonly Int32Array[],
  count: number,
): BigInt64Array | null {
  const sums = Array.from({ length: count }, () => 0n);
  for (const [part, { sum }] of parts.entries()) {
    if (sum === null) return null;
    for (const [own, stratum] of places[part]!.entries()) sums[stratum]! += sum[own]!; // one array a part, one entry a stratum
  }
  return sums.every((sum) => BigInt.asIntN(64, sum) === sum) ? BigInt64Array.from(sums) : null;
}
