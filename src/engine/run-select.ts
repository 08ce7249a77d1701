import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import { isOutOfTime } from '../estimator/index.ts';
import type { AggregatePlan, ResolvedBounds, SelectPlan } from '../planner/index.ts';
import { chooseSample, type OpenSampleQuery } from './choose-sample.ts';
import { countDistinct } from './distinct-route.ts';
import { countOf, describeBound, describeSample, roundMs } from './describe.ts';
import { exactBeside } from './exact-beside.ts';
import { answerExactly } from './exact-route.ts';
import { answerAndLearn, type Lessons, lessonsFor } from './learn-tails.ts';
import { LookLevels } from './looks.ts';
import type { AnswerColumn } from './query-result.ts';
import type { IsOutbid } from './sample-query.ts';
import type { SampleAnswer } from './sample-answer.ts';
import type { SelectRun } from './select-run.ts';
import type { EngineState } from './state.ts';
import { changedFile, noExactAnswer } from './sampled-tables.ts';
import type { StatementCosts } from './statement-costs.ts';
import { answerFromTotals } from './strata-route.ts';
import { watchSamples } from './watch-samples.ts';
import type { RouteReport } from './summary.ts';

/** The columns of an answer and what its route says about it. */
export interface RoutedAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly report: RouteReport;
}

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
  return await sampleRoute(state, plan, chosen, run, exact);
}

export function tableOf(state: EngineState, { query }: AggregatePlan): TableEntry {
  const table = state.catalog.snapshot().tables.find(({ name }) => name === query.table);
  if (table === undefined) throw new QueryError('UNKNOWN_TABLE', `the table ${query.table} was dropped`);
  return table;
}

async function exactRoute(
  state: EngineState,
  plan: SelectPlan,
  run: SelectRun,
  reason: string,
  lessons: Lessons | null,
): Promise<RoutedAnswer> {
  const predicted = { maxRelativeError: 0, elapsedMs: run.control.elapsedMs() + run.costs.exactMs() };
  const { columns, notes } =
    lessons === null
      ? { columns: await answerExactly(state, plan, run), notes: [] }
      : await answerAndLearn(state, plan, run, lessons);
  return { columns, report: { mode: 'exact', reason, notes, errorMet: true, predicted } };
}

const stoppedBecause = 'the deadline came before the error bound was reached';

/** Tries the samples in order; where none keeps the bound, does as ON MISS says. */
async function sampleRoute(
  state: EngineState,
  plan: SelectPlan,
  chosen: readonly OpenSampleQuery[],
  run: SelectRun,
  exact: (reason: string, lessons: Lessons) => Promise<RoutedAnswer>,
): Promise<RoutedAnswer> {
  const { bounds } = plan;
  let best: TriedSample | null = null;
  const tried: SampleAnswer[] = [];
  for (const open of chosen) {
    // The first is asked as soon as the statement has come.
    const next = await trySample(open, run, tried.length === 0 ? 0 : run.control.elapsedMs());
    const { answer } = next;
    tried.push(answer);
    if (best === null || answer.errorMet || answer.leastError < best.answer.leastError) best = next;
    if (answer.errorMet || answer.stopped || answer.outbid) break;
  }
  for (const { query } of chosen) run.stopwatch.attributeToEstimating(query.estimateMs);
  if (best === null) throw new Error('no sample to choose from');
  const { answer, open } = best;
  if (answer.errorMet && !answer.outbid) return fromSample(best, plan, []);
  const notes =
    plan.sampledTable === null ? [] : [`${plan.sampledTable} is itself a sample: there is no exact answer`];
  const miss = answer.outbid ? describeOutbid(answer.entry, run.costs) : describeMiss(answer, bounds);
  switch (answer.outbid ? 'exact' : bounds.onMiss) {
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
      if (answer.stopped) return fromSample(best, plan, [stoppedBecause, ...notes]);
      const lessons = lessonsFor(tableOf(state, plan.aggregate!), tried); // the sample route has an aggregate plan
      if (bounds.withinMs === null || plan.sampledTable !== null) return await exact(miss, lessons);
      const readOn = (): Promise<SampleAnswer> => open.query.runToEnd();
      const first = await exactBeside(run.control, () => exact(miss, lessons), readOn);
      if ('exact' in first) return first.exact;
      const late = 'the exact answer was not ready before the deadline';
      const { ready } = first;
      return fromSample({ ...best, answer: ready }, plan, ready.errorMet ? [late] : [miss, late]);
    }
    case 'best-effort': {
      const all = answer.stopped ? answer : await open.query.runToEnd();
      // All of the sample may keep a bound that was given up.
      const missed = all.errorMet ? [] : [answer.stopped ? stoppedBecause : miss];
      return fromSample({ ...best, answer: all }, plan, [...missed, ...notes]);
    }
  }
}

/** An answer from a sample, and what was predicted of it. */
interface TriedSample {
  readonly open: OpenSampleQuery;
  readonly answer: SampleAnswer;
  readonly predicted: NonNullable<RouteReport['predicted']> | null;
}

/** Asks a sample, as long as the source is not predicted to answer before it, and learns what that costs. */
async function trySample(open: OpenSampleQuery, run: SelectRun, startMs: number): Promise<TriedSample> {
  const { control, costs, refine } = run;
  const { query } = open;
  const isOutbid: IsOutbid = (all, done) =>
    costs.isExactFaster(query.entry, all, done, control.remainingMs());
  const answer = await query.run(costs.mayGoExact ? isOutbid : null);
  const { entry, expected, work } = answer;
  const predicted =
    expected === null
      ? null
      : { maxRelativeError: expected.relativeError, elapsedMs: costs.sampleMs(entry, expected.work) };
  // Whoever watches has more to wait for than the answer.
  if (refine === null) costs.learnSample(entry, work, control.elapsedMs() - startMs, query.estimateMs);
  return { open, answer, predicted };
}

/** Why the source was asked although the sample could do it, in words. */
export function describeOutbid({ name }: SampleEntry, costs: StatementCosts): string {
  return `the exact answer is predicted within ${roundMs(costs.exactMs())}, sooner than one from the sample ${name}`;
}

/** Why a sample's answer is not enough, in words: with the codes of what stands against certifying it. */
function describeMiss({ entry, rows }: SampleAnswer, bounds: ResolvedBounds): string {
  const reasons = rows.flatMap(({ estimates }) => estimates.flatMap(({ estimate }) => estimate.reasons));
  const codes = reasons.length === 0 ? '' : ` (${[...new Set(reasons)].join(', ')})`;
  return `the sample ${entry.name} cannot keep ${describeBound(bounds)} with its ${countOf(entry.rows, 'row')}${codes}`;
}

function fromSample(
  { answer, open: { reason }, predicted }: TriedSample,
  plan: SelectPlan,
  notes: readonly string[],
): RoutedAnswer {
  const { bounds } = plan;
  const read = answer.stopped ? 'read until the deadline' : 'read whole';
  const size = bounds.error === null ? read : `enough for ${describeBound(bounds)}`;
  const { columns, report } = routed(answer, plan, reason, answer.errorMet ? size : 'short of the bound', notes); // prettier-ignore
  return { columns, report: { ...report, predicted } };
}

/** @param outcome what became of the reading, in words */
function routed(
  answer: SampleAnswer,
  plan: SelectPlan,
  chosenBecause: string,
  outcome: string,
  notes: readonly string[],
): RoutedAnswer {
  const { rows, entry, confidence, rowsRead, missing, tasks, cells, witnessRows, driver } = answer;
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
  const reason = `${describeSample(entry)}: ${chosenBecause}; ${rowsRead.toLocaleString('en-US')} of ${countOf(entry.rows, 'row')}, ${outcome}${driver === null ? '' : `; ${driver} needed most`}`;
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
