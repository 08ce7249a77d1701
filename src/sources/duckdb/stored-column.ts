import type { Storage } from '../../columns/index.ts';
import type { SampledColumn } from '../build-scan.ts';
import { quoteName } from './print-literal.ts';

/** The types whose vectors have just the layout of a storage. */
const sqlTypes = {
  int8: 'TINYINT', int16: 'SMALLINT', int32: 'INTEGER', int64: 'BIGINT', uint8: 'UTINYINT', uint16: 'USMALLINT', float32: 'FLOAT', float64: 'DOUBLE',
} as const satisfies Record<Storage, string>; // prettier-ignore

/** A column's value as its storage wants it, in SQL over `t`: what the picked rows hold. */
export function storedExpression({ name, type, storage, dictionary }: SampledColumn): string {
  const column = `t.${quoteName(name)}`;
  if (dictionary) return column;
  const cast = `::${sqlTypes[storage]}`;
  if (type.kind === 'decimal') return `round(${column}::DOUBLE * 1e${type.scale})${cast}`;
  if (type.kind === 'date') return `(${column} - DATE '1970-01-01')${cast}`;
  if (type.kind === 'timestamp') return `epoch_us(${column})${cast}`;
  return `${column}${cast}`;
}

/** A column's type in a result where texts have become their places in a dictionary: how many there are is not known before. */
export const resultType = ({ storage, dictionary }: SampledColumn): string => dictionary ? 'INTEGER' : sqlTypes[storage]; // prettier-ignore
