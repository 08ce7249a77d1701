import type { RowMethod, SampleOutliers } from '../catalog/index.ts';
import { strataColumnsOf } from '../catalog/index.ts';
import type { BuildScan, Control, OutlierRule } from '../sources/index.ts';
import { outlierThreshold } from './outlier-threshold.ts';

/** The rules that a sample's outliers were found by. */
export function rulesOf({ columns }: SampleOutliers): OutlierRule[] {
  return columns.flatMap(({ name, threshold }) => (threshold === null ? [] : [{ column: name, threshold }]));
}

/** Share of a sample that outliers may take. */
const takenShareMax = 0.5;

/** Rows that a method keeps of a table, outliers among them, to expect. @param sizes rows of each combination of its strata columns */
function keptRows(method: RowMethod, sizes: Float64Array): number {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  if (method.kind === 'given') return rows;
  if (method.kind === 'stratified') return sizes.reduce((sum, size) => sum + Math.min(size, method.cap), 0);
  return method.unit === 'rows' ? Math.min(method.amount, rows) : (method.amount / 100) * rows;
}

/**
 * Decides which rows are outliers: a threshold for each column, from the column's magnitudes in the whole table. Several columns
 * share alike what outliers may take of the sample.
 * @returns a rule for each column that has outliers
 * @throws QueryError of the source; CANCELLED
 */
export async function findOutliers(
  scan: BuildScan,
  method: RowMethod,
  columns: readonly string[],
  control: Control,
): Promise<OutlierRule[]> {
  if (columns.length === 0) return [];
  const kept = keptRows(method, await scan.scanSizes(strataColumnsOf(method), control));
  const takenMax = (takenShareMax * kept) / columns.length;
  const rules: OutlierRule[] = [];
  for (const column of columns) {
    const threshold = outlierThreshold(await scan.scanMagnitudes(column, control), kept, takenMax);
    if (threshold !== null) rules.push({ column, threshold });
  }
  return rules;
}
