import type { BoundExpression } from './bound.ts';

/** A text that two expressions share exactly where they mean the same: the tree without its spans. */
export function expressionKey(expression: BoundExpression): string {
  return JSON.stringify(expression, (key, value: unknown) => {
    if (key === 'span') return undefined;
    if (typeof value === 'number' && !Number.isFinite(value)) return `#${value}`;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
