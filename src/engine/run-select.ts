import type { TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import { isOutOfTime } from '../estimator/index.ts';
import type { AggregatePlan, ResolvedBounds, SelectPlan } from '../planner/index.ts';
import { chooseSample, type OpenSampleQuery } from './choose-sample.ts';
import { countDistinct } from './distinct-route.ts';
import { countOf, describeSample, percentOf } from './describe.ts';
import { exactBeside } from './exact-beside.ts';
import { answerExactly } from './exact-route.ts';
import { answerAndLearn, type Lessons, lessonsFor } from './learn-tails.ts';
import { LookLevels } from './looks.ts';
import type { AnswerColumn } from './query-result.ts';
import type { RunControl } from './run-control.ts';
import type { SampleAnswer } from './sample-answer.ts';
import type { EngineState } from './state.ts';
import { changedFile, noExactAnswer } from './sampled-tables.ts';
import { answerFromTotals } from './strata-route.ts';
import { watchSamples } from './watch-samples.ts';
import type { RouteReport, Stopwatch } from './summary.ts';

/** The columns of an answer and what its route says about it. */
export interface RoutedAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly report: RouteReport;
}

/**
 * Answers a SELECT by the cheapest way that keeps its bounds: exact totals, a sample, the source.
 * @param refine takes interim answers, where samples are read; null: nobody asks for them
 * @throws QueryError BOUND_MISSED where ON MISS FAIL says so, NO_EXACT_ANSWER where a table is itself a sample, and whatever the ways report
 */
export async function runSelect(
  state: EngineState,
  plan: SelectPlan,
  control: RunControl,
  stopwatch: Stopwatch,
  refine: ((interim: RoutedAnswer) => void) | null = null,
): Promise<RoutedAnswer> {
  const { aggregate } = plan;
  const exact = (reason: string, lessons: Lessons | null = null): Promise<RoutedAnswer> => {
    if (plan.sampledTable !== null) throw noExactAnswer(plan.sampledTable, reason);
    return exactRoute(state, plan, control, reason, lessons);
  };
  if (aggregate === null) return await exact(plan.exactReason);
  const table = tableOf(state, aggregate);
  const changed = await state.fingerprints.changedFile(table);
  if (changed !== null && plan.sampledTable !== null) throw changedFile(table, changed);
  if (changed !== null) return await exact(`the samples of ${table.name} are older than its file ${changed}`);
  const totals = await answerFromTotals(state, aggregate);
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
  const chosen = await chooseSample(state, sampling, plan.bounds, control);
  if (typeof chosen === 'string') return await exact(chosen);
  if (refine !== null)
    watchSamples(chosen, new LookLevels(plan.bounds.confidence), control, (answer, open) =>
      refine(routed(answer, plan, open.reason, 'read so far', [])),
    );
  return await sampleRoute(state, plan, chosen, control, stopwatch, exact);
}

export function tableOf(state: EngineState, { query }: AggregatePlan): TableEntry {
  const table = state.catalog.snapshot().tables.find(({ name }) => name === query.table);
  if (table === undefined) throw new QueryError('UNKNOWN_TABLE', `the table ${query.table} was dropped`);
  return table;
}

async function exactRoute(
  state: EngineState,
  plan: SelectPlan,
  control: RunControl,
  reason: string,
  lessons: Lessons | null,
): Promise<RoutedAnswer> {
  const { columns, notes } =
    lessons === null
      ? { columns: await answerExactly(state, plan, control), notes: [] }
      : await answerAndLearn(state, plan, control, lessons);
  return { columns, report: { mode: 'exact', reason, notes, errorMet: true } };
}

const stoppedBecause = 'the deadline came before the error bound was reached';

/** Tries the samples in order; where none keeps the bound, does as ON MISS says. */
async function sampleRoute(
  state: EngineState,
  plan: SelectPlan,
  chosen: readonly OpenSampleQuery[],
  control: RunControl,
  stopwatch: Stopwatch,
  exact: (reason: string, lessons: Lessons) => Promise<RoutedAnswer>,
): Promise<RoutedAnswer> {
  const { bounds } = plan;
  let best: { readonly answer: SampleAnswer; readonly open: OpenSampleQuery } | null = null;
  const tried: SampleAnswer[] = [];
  for (const open of chosen) {
    const started = control.elapsedMs();
    const { estimateMs } = open.query;
    const answer = await open.query.run();
    tried.push(answer);
    state.pace.learn(answer.rowsRead, control.elapsedMs() - started - (open.query.estimateMs - estimateMs));
    if (best === null || answer.errorMet || answer.leastError < best.answer.leastError)
      best = { answer, open };
    if (answer.errorMet || answer.stopped) break;
  }
  for (const { query } of chosen) stopwatch.attributeToEstimating(query.estimateMs);
  if (best === null) throw new Error('no sample to choose from');
  const { answer, open } = best;
  if (answer.errorMet) return fromSample(answer, plan, open.reason, []);
  const notes =
    plan.sampledTable === null ? [] : [`${plan.sampledTable} is itself a sample: there is no exact answer`];
  const miss = answer.stopped ? stoppedBecause : describeMiss(answer, bounds);
  switch (bounds.onMiss) {
    case 'fail':
      throw new QueryError(
        'BOUND_MISSED',
        answer.stopped ? `${describeBound(bounds)} was not reached before the deadline` : miss,
        {
          hint:
            plan.sampledTable === null
              ? 'ON MISS EXACT or ON MISS BEST EFFORT give an answer'
              : 'ON MISS BEST EFFORT gives an answer',
        },
      );
    case 'exact': {
      if (answer.stopped) return fromSample(answer, plan, open.reason, [miss, ...notes]);
      const lessons = lessonsFor(tableOf(state, plan.aggregate!), tried); // the sample route has an aggregate plan
      if (bounds.withinMs === null || plan.sampledTable !== null) return await exact(miss, lessons);
      const readOn = (): Promise<SampleAnswer> => open.query.runToEnd();
      const first = await exactBeside(control, () => exact(miss, lessons), readOn);
      if ('exact' in first) return first.exact;
      const late = 'the exact answer was not ready before the deadline';
      return fromSample(first.ready, plan, open.reason, [miss, late]);
    }
    case 'best-effort': {
      const all = answer.stopped ? answer : await open.query.runToEnd();
      return fromSample(all, plan, open.reason, [answer.stopped ? stoppedBecause : miss, ...notes]);
    }
  }
}

/** Why a sample's answer is not enough, in words: with the codes of what stands against certifying it. */
function describeMiss({ entry, rows }: SampleAnswer, bounds: ResolvedBounds): string {
  const reasons = new Set<string>();
  for (const { estimates } of rows)
    for (const { estimate } of estimates) for (const reason of estimate.reasons) reasons.add(reason);
  const codes = reasons.size === 0 ? '' : ` (${[...reasons].join(', ')})`;
  return `the sample ${entry.name} cannot keep ${describeBound(bounds)} with its ${countOf(entry.rows, 'row')}${codes}`;
}

/** The bound in words: `±5 % at 95 %`. */
export function describeBound({ error, confidence, simultaneous }: ResolvedBounds): string {
  const level = `${percentOf(confidence)}${simultaneous ? ' for all at once' : ''}`;
  if (error === null) return `intervals at ${level}`;
  return `±${error.relative ? percentOf(error.bound) : error.bound} at ${level}`;
}

function fromSample(
  answer: SampleAnswer,
  plan: SelectPlan,
  chosenBecause: string,
  notes: readonly string[],
): RoutedAnswer {
  const { bounds } = plan;
  if (!answer.errorMet) return routed(answer, plan, chosenBecause, 'short of the bound', notes);
  const read = answer.stopped ? 'read until the deadline' : 'read whole';
  const size = bounds.error === null ? read : `enough for ${describeBound(bounds)}`;
  return routed(answer, plan, chosenBecause, size, notes);
}

/** @param outcome what became of the reading, in words */
function routed(
  answer: SampleAnswer,
  plan: SelectPlan,
  chosenBecause: string,
  outcome: string,
  notes: readonly string[],
): RoutedAnswer {
  const { rows, entry, confidence, rowsRead, missing, tasks, cells, witnessRows } = answer;
  const { outputs } = plan.aggregate!.sampling!.query; // the sample route has a sampled query
  const columns = plan.query.columns.map(({ name, type }, place): AnswerColumn => {
    const { isKey, interval, expression } = outputs[place]!; // as many outputs as columns
    const values = rows.map((row) => row.outputs[place]!);
    if (isKey) return { name, type, role: 'group', values };
    // What is made of accessors and estimates has the type that estimates give it: no whole numbers.
    return interval === null
      ? { name, type: expression.type, role: 'value', values }
      : { name, type, role: 'estimate', values };
  });
  const judged = answer.judge();
  const reason = `${describeSample(entry)}: ${chosenBecause}; ${rowsRead.toLocaleString('en-US')} of ${countOf(entry.rows, 'row')}, ${outcome}`;
  const unread = rows.some(({ estimates }) =>
    estimates.some(({ estimate }) => estimate.reasons.includes('UNREAD_STRATUM')),
  );
  const unmade = answer.rows.filter(({ estimates }) =>
    estimates.some(({ estimate }) => isOutOfTime(estimate)),
  ).length;
  const missed = [
    ...(unread ? ['some strata have no row in the sample: nothing is known of them'] : []),
    ...(unmade > 0 ? [`the deadline left no time for the intervals of ${countOf(unmade, 'row')}`] : []),
  ];
  const witnessed =
    witnessRows > 0
      ? [`${countOf(witnessRows, 'row')} of the sample were read to tell what the tails are like`]
      : [];
  return {
    columns,
    report: {
      mode: 'approximate',
      reason,
      notes: [...notes, ...missed, ...witnessed, ...(typeof judged === 'string' ? [judged] : [])],
      errorMet: answer.errorMet && missed.length === 0,
      sample: { entry, rowsRead },
      tasks,
      missing,
      cells,
      confidence,
      estimates: rows.flatMap(({ estimates }) => estimates.map(({ estimate }) => estimate)),
      choice: typeof judged === 'string' ? null : judged,
    },
  };
}
