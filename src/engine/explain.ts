import { groupDigits } from '../common/index.ts';
import type { ExplainStatement } from '../parser/index.ts';
import { printQuery } from '../sources/index.ts';
import type { SelectPlan } from '../planner/index.ts';
import { chooseSample } from './choose-sample.ts';
import { countOf, describeBounds, describeOutliers, describeSample, percentOf, roundMs } from './describe.ts';
import { wantsEstimate } from './distinct-route.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import { RunControl } from './run-control.ts';
import { runSelect, tableOf } from './run-select.ts';
import { firstTurn, nextTurn } from './sample-costs.ts';
import { describeOutbid, isOutbidBy } from './sample-route.ts';
import { changedFile, noExactAnswer } from './sampled-tables.ts';
import type { Forecast } from './sample-query.ts';
import { describeTrouble } from './sample-troubles.ts';
import type { RoutedAnswer, SelectRun } from './select-run.ts';
import type { EngineState } from './state.ts';
import { answerFromTotals } from './strata-route.ts';
import { Stopwatch } from './summary.ts';

/** What is said of an item of the plan, and under ANALYZE what was measured of it. */
type Line = readonly [item: string, value: string];

/**
 * EXPLAIN: what would be done, found by planning and, for a sample, by its pilot. With ANALYZE it is done, and what was measured
 * stands beside what was predicted.
 */
export async function explain(
  state: EngineState,
  { analyze }: ExplainStatement,
  plan: SelectPlan,
  run: SelectRun,
): Promise<RoutedAnswer> {
  const lines: Line[] = [
    ...(await foresee(state, plan, run)),
    ...plan.leftOut.map((sample): Line => ['left out', describeTrouble(sample)]),
    ['asked for', describeBounds(plan.bounds)],
    ...(plan.sampledTable === null ? [['exact SQL', printQuery(plan.query)] as const] : []),
  ];
  const { text } = commandTypes;
  if (!analyze) return rowsAnswer([['item', text], ['value', text]], lines, 'the plan of the statement'); // prettier-ignore
  const measured = await measure(state, plan, run);
  const rows = [
    ...lines.map(([item, value]) => [item, value, measured.find(([name]) => name === item)?.[1] ?? null]),
    ...measured.filter(([name]) => lines.every(([item]) => item !== name)).map(([name, value]) => [name, null, value]),
  ]; // prettier-ignore
  return rowsAnswer(
    [
      ['item', text],
      ['predicted', text],
      ['measured', text],
    ],
    rows,
    'the plan of the statement, and what came of it',
  );
}

function exact({ sampledTable }: SelectPlan, { costs }: SelectRun, reason: string): Line[] {
  if (sampledTable !== null) return [['route', 'none'], ['reason', noExactAnswer(sampledTable, reason).message]]; // prettier-ignore
  return [
    ['route', 'exact'],
    ['reason', reason],
    ['error', 'none'],
    ['time', `${roundMs(costs.exactMs())} expected`],
  ];
}

async function foresee(state: EngineState, plan: SelectPlan, run: SelectRun): Promise<Line[]> {
  const { aggregate } = plan;
  if (aggregate === null) return exact(plan, run, plan.exactReason);
  const table = tableOf(run, aggregate);
  const changed = await state.fingerprints.changedFile(table);
  if (changed !== null && plan.sampledTable !== null) throw changedFile(table, changed);
  if (changed !== null) return exact(plan, run, `the samples are older than the file ${changed}`);
  const totals = await answerFromTotals(state, aggregate, run.control);
  if (totals !== null) {
    return [
      ['route', 'precomputed'],
      ['sample', describeSample(totals.entry)],
      ['reason', 'its strata hold exact totals'],
      ['rows', '0'],
      ['error', 'none'],
    ];
  }
  if (aggregate.sampling === null)
    return aggregate.distinct === null || !wantsEstimate(plan.bounds)
      ? exact(plan, run, plan.exactReason)
      : foreseeDistinct(plan);
  const chosen = await chooseSample(state, table, aggregate.sampling, plan.bounds, run.control);
  return typeof chosen === 'string' ? exact(plan, run, chosen) : await foreseeSample(plan, run, chosen);
}

function foreseeDistinct({ bounds, exactReason }: SelectPlan): Line[] {
  const estimate = 'sample: a lower bound and an estimate';
  return [
    ['route', bounds.withinMs === null ? estimate : `exact; where that is late, ${estimate}`],
    ['reason', exactReason],
  ];
}

async function foreseeSample(
  plan: SelectPlan,
  run: SelectRun,
  chosen: Exclude<Awaited<ReturnType<typeof chooseSample>>, string>,
): Promise<Line[]> {
  const { costs, control } = run;
  const probed = chosen.map((each) => each.query);
  for (const { query, reason } of chosen) {
    const turn = query === probed[0] ? firstTurn(query, probed) : nextTurn(control, query);
    const sampleCosts = costs.over(query.entry, turn);
    const forecast = await query.forecast(isOutbidBy(run, sampleCosts));
    if (forecast === 'outbid') return exact(plan, run, describeOutbid(query.entry, costs));
    const last = query === chosen.at(-1)!.query; // at least one was chosen
    if (forecast.tooSmall && !last) continue;
    const { entry } = query;
    const driver = forecast.driver === null ? '' : `; the group ${forecast.driver} needs most`;
    return [
      ['route', routeOf(forecast, plan)],
      ['sample', describeSample(entry)],
      ...(entry.method.outliers === undefined
        ? []
        : [['outliers', describeOutliers(entry.method.outliers)] as const]),
      ['reason', reason],
      [
        'rows',
        `${countOf(forecast.rows, 'row')} of ${groupDigits(entry.rows)} in the sample, ${groupDigits(entry.populationRows)} in the table${driver}`,
      ],
      ['error', describeError(forecast.relativeError, plan)],
      ...tailLines(forecast),
      ...listingLines(forecast),
      ['time', `${roundMs(sampleCosts.predictMs(forecast.work))} expected`],
    ];
  }
  throw new Error('the last sample always gives a forecast');
}

function routeOf({ tooSmall, listing }: Forecast, { bounds: { onMiss } }: SelectPlan): string {
  if (!tooSmall || onMiss === 'best-effort') return 'sample';
  const then = onMiss === 'fail' ? 'an error' : 'exact';
  const why = listing.resampled.length > 0 ? 'no resampled error keeps a bound' : 'too small for the bound';
  return `sample, then ${then}: ${why}`;
}

function describeError(relativeError: number | null, { bounds }: SelectPlan): string {
  return relativeError === null || !Number.isFinite(relativeError)
    ? 'not known'
    : `at most ±${percentOf(relativeError)} at ${percentOf(bounds.confidence)}`;
}

/** What becomes of estimates whose tails are not known. */
function tailLines({ unknownTails, tooSmall, byWitness }: Forecast): Line[] {
  if (unknownTails.length === 0 || !(tooSmall || byWitness)) return [];
  const then = byWitness
    ? 'all rows of the sample are read to tell its tail'
    : 'an exact run learns more, so that the next can be sampled';
  return [['tails', `what is known of the table does not certify ${unknownTails.join(', ')}: ${then}`]];
}

/** What quantiles are found among, and whose errors have no formula. */
function listingLines({ listing: { rowsMax, resampled } }: Forecast): Line[] {
  const lines: Line[] = [];
  if (rowsMax !== null) lines.push(['values', `those of ${countOf(rowsMax, 'matching row')} at most`]);
  if (resampled.length > 0)
    lines.push(['resampled', `the error of ${resampled.join(', ')}: never certified`]);
  return lines;
}

async function measure(state: EngineState, plan: SelectPlan, run: SelectRun): Promise<Line[]> {
  const { control } = run;
  const stopwatch = new Stopwatch(() => control.clock.monotonicMs());
  // The statement starts anew, its deadline too.
  const own = new RunControl(control.clock, control.options, control.withinMs, control.clock.monotonicMs());
  const { columns, report } = await stopwatch.time('executeMs', () =>
    runSelect(state, plan, { ...run, control: own, stopwatch, refine: null }),
  );
  const elapsedMs = own.elapsedMs();
  const { executeMs, estimateMs } = stopwatch.timings(elapsedMs);
  return [
    ['route', report.mode === 'approximate' ? 'sample' : report.mode],
    ['reason', report.reason],
    ['rows', countOf(report.sample?.rowsRead ?? 0, 'row')],
    ['error', report.maxRelativeError === undefined ? 'none' : describeError(report.maxRelativeError, plan)],
    ['time', `${roundMs(elapsedMs)} (reading ${roundMs(executeMs)}, estimating ${roundMs(estimateMs)})`],
    ...report.notes.map((note): Line => ['note', note]),
    ['answer', countOf(columns[0]?.values.length ?? 0, 'row')],
  ];
}
