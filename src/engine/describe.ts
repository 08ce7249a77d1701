import type { SampleEntry, SamplingMethod } from '../catalog/index.ts';

/** A count as people read it: `12,345 rows`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A share as a percentage with as many digits as say something: `0.5 %`, `12 %`. */
export function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** How a sample was drawn, in words. */
export function describeMethod(method: SamplingMethod): string {
  if (method.kind === 'stratified')
    return `stratified by ${method.columns.join(', ')}, at most ${countOf(method.cap, 'row')} each`;
  return method.unit === 'percent'
    ? `uniform ${method.amount} %`
    : `uniform ${countOf(method.amount, 'row')}`;
}

export function describeSample({ name, method }: SampleEntry): string {
  return `${name} (${describeMethod(method)})`;
}
