import type { SampleOutliers, RowMethod } from '../catalog/index.ts';
import type { OutlierRule, ScannedColumn, ScannedStrata } from '../sources/index.ts';
import { type Depth, rowsTaken } from './allocation.ts';

/** How a sample with outliers was drawn. */
interface OutlierDraw {
  readonly method: RowMethod;
  /** Columns whose outliers are taken whole. */
  readonly names: readonly string[];
  /** Those of them that have outliers. */
  readonly outliers: readonly OutlierRule[];
  readonly depth: Depth;
}

/** Values of a stratum, NULL counting as 0: what its rows add to a sum. */
interface Part {
  readonly rows: number;
  readonly mean: number;
  /** Σ(z − mean)² */
  readonly squares: number;
}

function partOf({ population }: ScannedStrata, column: ScannedColumn, stratum: number): Part {
  const rows = population[stratum]!; // one entry a stratum
  const present = column.count[stratum]! - column.nonFinite[stratum]!;
  if (present === 0) return { rows, mean: 0, squares: 0 };
  const mean = column.mean[stratum]!;
  const squares = column.centred[0]![stratum]! + present * mean ** 2 * (1 - present / rows);
  return { rows, mean: (present * mean) / rows, squares };
}

/** Two parts as one. */
function joined(a: Part, b: Part): Part {
  const rows = a.rows + b.rows;
  const mean = (a.rows * a.mean + b.rows * b.mean) / rows;
  return { rows, mean, squares: a.squares + b.squares + ((a.rows * b.rows) / rows) * (a.mean - b.mean) ** 2 };
}

/** N² (1/n − 1/N) S², the variance of a sum that is estimated from n rows of N. */
function sumVariance({ rows, squares }: Part, kept: number): number {
  return rows < 2 ? 0 : rows ** 2 * (1 / kept - 1 / rows) * (squares / (rows - 1));
}

/**
 * What taking outliers whole does to the error of each column's sum over the whole table: its standard error as a share of the one
 * that the same method has without.
 * @param sizes rows of each stratum in the sample
 */
export function outlierEffect(
  { method, names, outliers, depth }: OutlierDraw,
  strata: ScannedStrata,
  sizes: Int32Array,
): SampleOutliers {
  const { count, takeAll } = strata;
  const isWhole = (stratum: number): boolean => takeAll?.[stratum] === 1;
  // Strata are in the order of their keys, a key's outliers behind its other rows.
  const isSecond = (stratum: number): boolean =>
    stratum > 0 &&
    isWhole(stratum) &&
    !isWhole(stratum - 1) &&
    strata.keys.every(({ values }) => values[stratum] === values[stratum - 1]);
  const shareOf = (column: ScannedColumn): number | null => {
    let [apart, together] = [0, 0];
    for (let stratum = 0; stratum < count; stratum++) {
      let part = partOf(strata, column, stratum);
      let kept = sizes[stratum]!; // one entry a stratum
      if (!isWhole(stratum)) apart += sumVariance(part, kept);
      if (stratum + 1 < count && isSecond(stratum + 1)) {
        stratum++;
        part = joined(part, partOf(strata, column, stratum));
        kept += sizes[stratum]!;
      }
      together += sumVariance(part, method.kind === 'stratified' ? Math.min(part.rows, method.cap) : kept);
    }
    return together > 0 && Number.isFinite(apart / together) ? Math.sqrt(apart / together) : null;
  };
  return {
    rows: rowsTaken(strata),
    share: Number.isFinite(depth.cap) ? null : depth.shareMax,
    columns: names.map((name) => ({
      name,
      threshold: outliers.find(({ column }) => column === name)?.threshold ?? null,
      errorShare: shareOf(strata.columns.find(({ column }) => column.name === name)!), // resolved against the same columns
    })),
  };
}
