import type { BoundExpression } from './bound.ts';

/** Trees do not change, and each part of one is asked for many times: by its loop, its answer's columns, the parts around it. */
const known = new WeakMap<object, string>();

/** A text that two expressions share exactly where they mean the same: the tree without its spans, as JSON. */
export function expressionKey(expression: BoundExpression): string {
  return keyOf(expression);
}

function keyOf(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}n"`;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"#${value}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let key = known.get(value);
  if (key === undefined) {
    key = Array.isArray(value) ? `[${value.map(keyOf).join(',')}]` : `{${membersOf(value)}}`;
    known.set(value, key);
  }
  return key;
}

function membersOf(value: object): string {
  const members = Object.entries(value).filter(([name, member]) => name !== 'span' && member !== undefined);
  return members.map(([name, member]) => `"${name}":${keyOf(member)}`).join(',');
}
