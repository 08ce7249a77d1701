import type { TableEntry } from '../catalog/index.ts';
import type { AggregatePlan, SelectPlan } from '../planner/index.ts';
import { chooseSample } from './choose-sample.ts';
import { countDistinct } from './distinct-route.ts';
import { answerExactly } from './exact-route.ts';
import { answerAndLearn, isNews, type Lessons } from './learn-tails.ts';
import { LookLevels } from './looks.ts';
import { routed, sampleRoute } from './sample-route.ts';
import type { RoutedAnswer, SelectRun } from './select-run.ts';
import type { EngineState } from './state.ts';
import { changedFile, noExactAnswer } from './sampled-tables.ts';
import { answerFromTotals } from './strata-route.ts';
import { answerElsewhere } from './threads/answer-elsewhere.ts';
import { watchSamples } from './watch-samples.ts';

/**
 * Answers a SELECT by the cheapest way that keeps its bounds: exact totals, a sample, the source.
 * @throws QueryError BOUND_MISSED where ON MISS FAIL says so, NO_EXACT_ANSWER where a table is itself a sample, and whatever the ways report
 */
export async function runSelect(state: EngineState, plan: SelectPlan, run: SelectRun): Promise<RoutedAnswer> {
  const { aggregate } = plan;
  const { control, refine } = run;
  const exact = (reason: string, lessons: Lessons | null = null): Promise<RoutedAnswer> => {
    if (plan.sampledTable !== null) throw noExactAnswer(plan.sampledTable, reason);
    return exactRoute(state, plan, run, reason, lessons);
  };
  if (aggregate === null) return await exact(plan.exactReason);
  const table = tableOf(aggregate, run);
  const changed = await state.fingerprints.changedFile(table);
  if (changed !== null && plan.sampledTable !== null) throw changedFile(table, changed);
  if (changed !== null) return await exact(`the samples of ${table.name} are older than its file ${changed}`);
  const totals = await answerFromTotals(state, aggregate, control);
  if (totals !== null) {
    const reason = `the strata of ${totals.entry.name} hold exact totals for it: no row was read`;
    return {
      columns: totals.columns,
      report: {
        mode: 'precomputed',
        reason,
        notes: [],
        errorMet: true,
        sample: { entry: totals.entry, rowsRead: 0 },
      },
    };
  }
  const { sampling, distinct } = aggregate;
  if (sampling === null && distinct !== null)
    return await countDistinct(state, plan, distinct, control, () => exact(plan.exactReason));
  if (sampling === null) return await exact(plan.exactReason);
  // Whoever watches, or has a deadline, has something from the sample before the source is done.
  const { knownMiss } = run.costs;
  if (knownMiss !== null && refine === null && control.withinMs === null) return await exact(knownMiss);
  const elsewhere = await answerElsewhere(state, plan, run);
  if (elsewhere !== null) return elsewhere;
  const chosen = await chooseSample(state, table, sampling, plan.bounds, control);
  if (typeof chosen === 'string') return await exact(chosen);
  if (refine !== null)
    watchSamples(chosen, new LookLevels(plan.bounds.confidence), control, async (answer, open) =>
      refine(await routed(answer, plan, control, open.reason, 'read so far', [])),
    );
  return await sampleRoute(table, plan, chosen, run, exact);
}

/** The table that a query was planned over. */
export function tableOf({ query }: AggregatePlan, { snapshot }: Pick<SelectRun, 'snapshot'>): TableEntry {
  return snapshot.tables.find(({ name }) => name === query.table)!; // planning has found it there
}

async function exactRoute(
  state: EngineState,
  plan: SelectPlan,
  run: SelectRun,
  reason: string,
  lessons: Lessons | null,
): Promise<RoutedAnswer> {
  const { control, costs } = run;
  const learns = lessons !== null && isNews(state, lessons);
  const predictedMs = costs.exactMs(learns && control.withinMs === null);
  const predicted = { maxRelativeError: 0, elapsedMs: control.elapsedMs() + predictedMs };
  const { columns, notes } = learns
    ? await answerAndLearn(state, plan, run, lessons)
    : { columns: await answerExactly(state, plan, run), notes: [] };
  return { columns, report: { mode: 'exact', reason, notes, errorMet: true, predicted } };
}
