import { integerStorage } from '../columns/index.ts';
import type { SampledColumn, StrataOutline } from './build-scan.ts';

/** How a sample holds a column; null: it cannot (values that no double holds exactly, or types kernels do not know). */
export function sampledColumn({
  column,
  low,
  high,
  nonFinite,
}: StrataOutline['columns'][number]): SampledColumn | null {
  const { name, type } = column;
  const plain = (storage: SampledColumn['storage']): SampledColumn => ({
    name,
    type,
    storage,
    dictionary: false,
  });
  const least = low.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY);
  const most = high.reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY);
  switch (type.kind) {
    case 'varchar':
      return { name, type, storage: 'int32', dictionary: true };
    case 'boolean':
      return plain('uint8');
    case 'float':
      return plain('float32');
    case 'double':
      return plain('float64');
    case 'integer':
    case 'decimal':
    case 'date':
    case 'timestamp': {
      // A DECIMAL comes through a double, which is exact up to a part of its range.
      const limit = type.kind === 'decimal' ? 2 ** 49 : Number.MAX_SAFE_INTEGER;
      if (least < -limit || most > limit || nonFinite.some((count) => count > 0)) return null;
      return plain(least > most ? 'int8' : integerStorage(least, most));
    }
    default:
      return null;
  }
}
