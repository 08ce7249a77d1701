import type { AggregatePlan, ResolvedBounds } from '../planner/index.ts';
import { queryColumnSet } from '../planner/index.ts';
import { percentOf } from './describe.ts';
import type { RunControl } from './run-control.ts';
import { SampleQuery } from './sample-query.ts';
import type { EngineState } from './state.ts';
import { strataColumnsOf } from '../catalog/index.ts';

/** A query opened over a sample, and why that sample. */
export interface OpenSampleQuery {
  readonly query: SampleQuery;
  readonly reason: string;
}

/** Shares of matching rows that differ by less than this factor are taken for equal. */
const shareTolerance = 1.25;

/**
 * Opens the query over the samples in question, in the order to try them: as planned where their strata cover the query's columns,
 * else by what a probe of each finds: the highest share of matching rows, then strata made of the query's columns, then size.
 * @returns in words why no sample can answer
 * @throws QueryError DAMAGED_SAMPLE, CANCELLED
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 4.1
 */
export async function chooseSample(
  state: EngineState,
  sampling: NonNullable<AggregatePlan['sampling']>,
  bounds: ResolvedBounds,
  control: RunControl,
): Promise<OpenSampleQuery[] | string> {
  const { query, candidates } = sampling;
  const columns = [...queryColumnSet(query)];
  const opened: SampleQuery[] = [];
  let refusal = 'no sample holds its columns';
  for (const entry of candidates.samples) {
    const open = await SampleQuery.open(query, bounds, entry, await state.samples.get(entry), control);
    if (typeof open === 'string') refusal = open;
    else opened.push(open);
  }
  if (opened.length === 0) return refusal;
  if (candidates.covering) {
    return opened.map((each) => ({ query: each, reason: `its strata cover ${columns.join(', ')}` }));
  }
  if (opened.length === 1) return [{ query: opened[0]!, reason: 'the only sample that can answer' }];
  if (columns.length === 0)
    return opened.map((each) => ({ query: each, reason: 'the query has no filter and no group' }));
  const probed: { readonly query: SampleQuery; readonly share: number; readonly shared: number }[] = [];
  for (const each of opened) {
    const strata = strataColumnsOf(each.entry.method);
    probed.push({
      query: each,
      share: await each.probe(),
      shared: columns.filter((column) => strata.includes(column)).length,
    });
  }
  const best = Math.max(...probed.map(({ share }) => share));
  const rank = ({ share }: { readonly share: number }): number => (share * shareTolerance >= best ? 1 : 0);
  probed.sort((a, b) => rank(b) - rank(a) || b.shared - a.shared || b.query.entry.rows - a.query.entry.rows);
  return probed.map(({ query: each, share, shared }) => {
    const names = strataColumnsOf(each.entry.method).filter((column) => columns.includes(column));
    const by = shared > 0 ? ` and its strata are made of ${names.join(', ')}` : '';
    return { query: each, reason: `in a probe ${percentOf(share)} of its rows match${by}` };
  });
}
