import type { Estimate, JsonCell, ResultColumn } from '../index.ts';
import { formatPlain, groupThousands } from './format-number.ts';
import { visibleText } from './visible-text.ts';

const integerType = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const fractionType = /^(FLOAT|DOUBLE|DECIMAL\(\d+,(\d+)\))$/;

/** True for the SQL types whose values stand at the right of their column. */
export function isNumericType(type: string): boolean {
  return integerType.test(type) || fractionType.test(type);
}

/** A cell that is no estimate, as a person reads it. */
export function formatCell(cell: Exclude<JsonCell, Estimate>, { type, role }: ResultColumn): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'boolean') return String(cell);
  if (isNumericType(type)) return role === 'group' ? String(cell) : formatNumber(cell, type);
  return type.startsWith('TIMESTAMP') ? formatTimestamp(String(cell)) : visibleText(String(cell));
}

function formatNumber(cell: string | number, type: string): string {
  // Integers beyond 2^53 come as text, and so do NaN and infinities.
  if (typeof cell === 'string') return /^-?\d/.test(cell) ? groupThousands(cell) : cell;
  // Integers of up to four digits stay without a comma: they are often years.
  if (integerType.test(type) && Math.abs(cell) < 10_000) return String(cell);
  const scale = fractionType.exec(type)?.[2];
  return scale === undefined ? formatPlain(cell) : groupThousands(cell.toFixed(Number(scale)));
}

/** `2001-02-03T04:05:06.500000Z` as `2001-02-03 04:05:06.5Z`. */
function formatTimestamp(iso: string): string {
  return iso.replace('T', ' ').replace(/\.?0*(Z?)$/, '$1');
}
