import type { ExplainStatement } from '../parser/index.ts';
import { printQuery } from '../sources/index.ts';
import type { SelectPlan } from '../planner/index.ts';
import { chooseSample } from './choose-sample.ts';
import { countOf, describeOutliers, describeSample, percentOf } from './describe.ts';
import { wantsEstimate } from './distinct-route.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import { describeBound, type RoutedAnswer, runSelect, tableOf } from './run-select.ts';
import { changedFile, noExactAnswer } from './sampled-tables.ts';
import type { Forecast } from './sample-query.ts';
import type { EngineState } from './state.ts';
import { answerFromTotals } from './strata-route.ts';
import { Stopwatch } from './summary.ts';

type Line = readonly [item: string, value: string];

/** EXPLAIN: what would be done, found by planning and, for a sample, by its pilot. With ANALYZE it is done, and measured. */
export async function explain(
  state: EngineState,
  { analyze }: ExplainStatement,
  plan: SelectPlan,
  control: RunControl,
): Promise<RoutedAnswer> {
  const lines = [
    ...(await foresee(state, plan, control)),
    ['asked for', askedFor(plan)],
    ...(plan.sampledTable === null ? [['exact SQL', printQuery(plan.query)]] : []),
  ] as Line[];
  if (analyze) lines.push(...(await measure(state, plan, control)));
  const { text } = commandTypes;
  return rowsAnswer(
    [
      ['item', text],
      ['value', text],
    ],
    lines,
    'the plan of the statement',
  );
}

function askedFor({ bounds }: SelectPlan): string {
  const parts = [describeBound(bounds)];
  if (bounds.withinMs !== null) parts.push(`within ${bounds.withinMs} ms`);
  if (!bounds.isDefault) parts.push(`on miss ${bounds.onMiss.replace('-', ' ')}`);
  return parts.join(', ');
}

function exact({ sampledTable }: SelectPlan, reason: string): Line[] {
  if (sampledTable === null) return [['route', 'exact'], ['reason', reason]]; // prettier-ignore
  return [['route', 'none'], ['reason', noExactAnswer(sampledTable, reason).message]]; // prettier-ignore
}

async function foresee(state: EngineState, plan: SelectPlan, control: RunControl): Promise<Line[]> {
  const { aggregate } = plan;
  if (aggregate === null) return exact(plan, plan.exactReason);
  const table = tableOf(state, aggregate);
  const changed = await state.fingerprints.changedFile(table);
  if (changed !== null && plan.sampledTable !== null) throw changedFile(table, changed);
  if (changed !== null) return exact(plan, `the samples are older than the file ${changed}`);
  const totals = await answerFromTotals(state, aggregate);
  if (totals !== null) {
    return [
      ['route', 'precomputed'],
      ['sample', describeSample(totals.entry)],
      ['rows to read', '0'],
      ['error', 'none'],
      ['reason', 'its strata hold exact totals'],
    ];
  }
  if (aggregate.sampling === null)
    return aggregate.distinct === null || !wantsEstimate(plan.bounds)
      ? exact(plan, plan.exactReason)
      : foreseeDistinct(plan);
  const chosen = await chooseSample(state, aggregate.sampling, plan.bounds, control);
  return typeof chosen === 'string' ? exact(plan, chosen) : await foreseeSample(state, plan, chosen);
}

function foreseeDistinct({ bounds, exactReason }: SelectPlan): Line[] {
  const estimate = 'sample: a lower bound and an estimate';
  return [
    ['route', bounds.withinMs === null ? estimate : `exact; where that is late, ${estimate}`],
    ['reason', exactReason],
  ];
}

async function foreseeSample(
  state: EngineState,
  plan: SelectPlan,
  chosen: Exclude<Awaited<ReturnType<typeof chooseSample>>, string>,
): Promise<Line[]> {
  for (const { query, reason } of chosen) {
    const forecast = await query.forecast();
    const last = query === chosen.at(-1)!.query; // at least one was chosen
    if (forecast.tooSmall && !last) continue;
    const { entry } = query;
    const read = forecast.rows;
    const driver = forecast.driver === null ? '' : `; the group ${forecast.driver} needs most`;
    const route =
      !forecast.tooSmall || plan.bounds.onMiss === 'best-effort'
        ? 'sample'
        : `sample, then ${plan.bounds.onMiss === 'fail' ? 'an error' : 'exact'}: ${forecast.listing.resampled.length > 0 ? 'no resampled error keeps a bound' : 'too small for the bound'}`;
    return [
      ['route', route],
      ['sample', describeSample(entry)],
      ...(entry.method.outliers === undefined
        ? []
        : [['outliers', describeOutliers(entry.method.outliers)] as const]),
      ['reason', reason],
      [
        'rows to read',
        `${countOf(read, 'row')} of ${entry.rows.toLocaleString('en-US')} in the sample, ${entry.populationRows.toLocaleString('en-US')} in the table${driver}`,
      ],
      [
        'error',
        forecast.relativeError === null || !Number.isFinite(forecast.relativeError)
          ? 'not known'
          : `at most ±${percentOf(forecast.relativeError)} at ${percentOf(plan.bounds.confidence)} expected`,
      ],
      ...tailLines(forecast),
      ...listingLines(forecast),
      ['time', `${Number((state.pace.predictMs(read) + forecast.listing.ms).toPrecision(2))} ms expected`],
    ];
  }
  throw new Error('the last sample always gives a forecast');
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

async function measure(state: EngineState, plan: SelectPlan, control: RunControl): Promise<Line[]> {
  const stopwatch = new Stopwatch(() => control.clock.monotonicMs());
  const start = control.elapsedMs();
  const { columns, report } = await stopwatch.time('executeMs', () =>
    runSelect(state, plan, control, stopwatch),
  );
  const elapsed = control.elapsedMs() - start;
  const timings = stopwatch.timings(elapsed);
  return [
    ['measured route', report.mode],
    ['measured reason', report.reason],
    ...report.notes.map((note): Line => ['note', note]),
    ['measured rows read', countOf(report.sample?.rowsRead ?? 0, 'row')],
    [
      'measured time',
      `${elapsed.toPrecision(3)} ms (reading ${timings.executeMs.toPrecision(3)} ms, estimating ${timings.estimateMs.toPrecision(3)} ms)`,
    ],
    ['answer', countOf(columns[0]?.values.length ?? 0, 'row')],
  ];
}
