import { type MomentLayout, type PopulationValues, rangeAs } from '../plan/index.ts';
import type { Sample } from '../samples/index.ts';
import { columnFacts } from './sample-columns.ts';

/** What the strata table tells of each measure: exact moments of plain columns, and of expressions how far their values can reach. */
export function populationValuesOf({ measures }: MomentLayout, sample: Sample): PopulationValues[] {
  const { range } = columnFacts(sample);
  return measures.map(({ argument }) => {
    if (argument === null) return { low: 1, high: 1, moments: null };
    const reach = rangeAs(argument, { kind: 'double' }, range);
    const statistics = argument.kind === 'column' ? sample.strata.statistics.get(argument.name) : undefined;
    return {
      low: reach?.low ?? Number.NEGATIVE_INFINITY,
      high: reach?.high ?? Number.POSITIVE_INFINITY,
      moments: statistics ?? null,
    };
  });
}
