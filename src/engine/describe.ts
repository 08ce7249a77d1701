import type { SampleEntry, SampleOutliers, SamplingMethod, WorkloadEntry } from '../catalog/index.ts';
import { groupDigits, keptWith } from '../common/index.ts';
import type { Scalar } from '../plan/index.ts';

/** A count as people read it: `12,345 rows`. */
export function countOf(count: number, noun: string): string {
  return `${groupDigits(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A share as a percentage with as many digits as say something: `0.5 %`, `12 %`. */
export function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** A time as people read it: `0.21 ms`, `340 ms`. */
export function roundMs(ms: number): string {
  return `${groupDigits(Number(ms.toPrecision(2)))} ms`;
}

/** What a statement may ask of its answer. */
type Bounds = WorkloadEntry['bounds'];

/** The bound in words: `±5 % at 95 %`. */
export function describeBound({
  error,
  confidence,
  simultaneous,
}: Pick<Bounds, 'error' | 'confidence' | 'simultaneous'>): string {
  const level = `${percentOf(confidence)}${simultaneous ? ' for all at once' : ''}`;
  if (error === null) return `intervals at ${level}`;
  return `±${error.relative ? percentOf(error.bound) : error.bound} at ${level}`;
}

/** All that a statement asks of its answer, in words: `±5 % at 95 %, within 2000 ms, on miss exact`. */
export function describeBounds(bounds: Bounds): string {
  const parts = [describeBound(bounds)];
  if (bounds.withinMs !== null) parts.push(`within ${bounds.withinMs} ms`);
  if (!bounds.isDefault) parts.push(`on miss ${bounds.onMiss.replace('-', ' ')}`);
  return parts.join(', ');
}

/** How a sample was drawn, in words. */
export function describeMethod(method: SamplingMethod): string {
  const { outliers } = method;
  const allocation = describeAllocation(method);
  return outliers === undefined
    ? allocation
    : `${allocation}, outliers of ${outliers.columns.map(({ name }) => name).join(', ')} whole`;
}

/** What a sample takes whole, in words: where outliers begin, how many there are, and what that does to the error of sums. */
export function describeOutliers({ rows, columns }: SampleOutliers): string {
  const parts = columns.map(({ name, threshold, errorShare }) => {
    if (threshold === null) return `${name} has none`;
    const effect =
      errorShare === null ? '' : `, for ${percentOf(errorShare)} of the error that SUM(${name}) would have`;
    return `|${name}| > ${Number(threshold.toPrecision(4))}${effect}`;
  });
  return `${countOf(rows, 'row')} of the table taken whole: ${parts.join('; ')}`;
}

function describeAllocation(method: SamplingMethod): string {
  if (method.kind === 'stratified')
    return `stratified by ${method.columns.join(', ')}, at most ${countOf(method.cap, 'row')} each`;
  if (method.kind === 'given') {
    const strata = method.columns.length === 0 ? '' : `stratified by ${method.columns.join(', ')}, `;
    return `all rows of the file, ${strata}${method.source} in ${method.column}`;
  }
  if (method.kind === 'universe') return `universe by ${method.columns.join(', ')}, ${method.percent} %`;
  return method.unit === 'percent'
    ? `uniform ${method.amount} %`
    : `uniform ${countOf(method.amount, 'row')}`;
}

export const describeSample = keptWith(
  ({ name, method }: SampleEntry) => `${name} (${describeMethod(method)})`,
);

/** A group by its keys: `LAX, 2001`. */
export function describeKeys(keys: readonly Scalar[]): string {
  return keys.map((key) => (key === null ? 'NULL' : String(key as string | number))).join(', ');
}
