import {
  type ColumnValue,
  evaluate,
  type MomentLayout,
  type Scalar,
  toDouble,
  Unevaluable,
} from '../plan/index.ts';
import type { Sample } from '../samples/index.ts';
import { columnFacts } from './sample-columns.ts';

/**
 * For each measure a number near its mean: the argument's value where every column has its mean. Values are added up about it, so
 * that squares lose no digits; any number would do for the result. Values that are listed stay as they are.
 */
export function centresOf(layout: MomentLayout, sample: Sample): Float64Array {
  const facts = columnFacts(sample);
  const mean = (column: { readonly kind: string } & Pick<ColumnValue, 'name' | 'type'>): Scalar => {
    const value = facts.mean(column.name);
    if (column.type.kind === 'decimal') return Math.round(value * 10 ** column.type.scale);
    return column.type.kind === 'integer' ? Math.round(value) : value;
  };
  return Float64Array.from(layout.measures, ({ argument, listed }, place) => {
    // Weights are multiplied, so they stay what they are.
    if (argument === null || listed || place === layout.weightMeasure) return 0;
    try {
      const value = evaluate(argument, (leaf) =>
        leaf.kind === 'column' && leaf.type.kind !== 'varchar' ? mean(leaf) : null,
      );
      const centre = typeof value === 'number' ? toDouble(value, argument.type) : 0;
      return Number.isFinite(centre) ? centre : 0;
    } catch (error) {
      if (error instanceof Unevaluable) return 0;
      throw error;
    }
  });
}
