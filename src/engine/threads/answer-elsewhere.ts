import type { CatalogSnapshot } from '../../catalog/index.ts';
import { keptWith } from '../../common/index.ts';
import { ShownEstimates } from '../../estimator/index.ts';
import type { SelectPlan } from '../../planner/index.ts';
import { columnsOf } from '../sample-route.ts';
import type { RoutedAnswer, SelectRun } from '../select-run.ts';
import type { EngineState } from '../state.ts';
import type { Candidate } from './thread-handle.ts';

/**
 * Has another thread answer a statement from samples where others are under way: they would wait for each other here. Under a deadline a
 * statement stays, so that no thread can make it late; and so does one that is watched, which has more to say than an answer.
 * @returns null where it is to be answered here
 * @throws QueryError DAMAGED_SAMPLE, UNKNOWN_SAMPLE, CLOSED
 */
export async function answerElsewhere(
  { statementThreads, samples, source, tails, troubles }: EngineState,
  plan: SelectPlan,
  { control, stopwatch, snapshot, refine, asked }: SelectRun,
): Promise<RoutedAnswer | null> {
  const { aggregate, bounds } = plan;
  const { onProgress, rowsShare, signal } = control.options;
  const entries = aggregate?.sampling?.candidates.samples ?? [];
  const isForThreads =
    asked !== null &&
    refine === null &&
    onProgress === undefined &&
    bounds.withinMs === null &&
    troubles.areAllInCatalog &&
    !control.isUndisturbed();
  if (!isForThreads || statementThreads?.mayTake(asked.shape) !== true) return null;
  const candidates: Candidate[] = [];
  for (const entry of entries) candidates.push({ entry, sample: await samples.get(entry) });
  // What was let go of meanwhile nobody would take back.
  if (!candidates.every(({ entry, sample }) => samples.holds(entry, sample))) return null;
  const question = {
    sql: asked.sql,
    params: asked.params,
    rowsShare,
    elapsedMs: control.elapsedMs(),
    catalogState: `${numberOf(snapshot)} ${tails.lessons}`,
    isSourceCold: !source.isStarted,
  };
  const answer = await statementThreads.answer(question, asked.shape, candidates, signal);
  control.throwIfCancelled();
  const entry = entries.find(({ id }) => id === answer?.sample.id);
  if (answer === null || entry === undefined) return null;
  stopwatch.attributeToEstimating(answer.estimateMs);
  const sample = { entry, rowsRead: answer.sample.rowsRead };
  const values = answer.values.map((each) => ('numbers' in each ? ShownEstimates.unpack(each) : each));
  return { columns: columnsOf(plan, values), report: { sample, ...answer.report } };
}

let lastNumber = 0;
/** The same for the same snapshot, and no other's. */
const numberOf = keptWith<CatalogSnapshot, number>(() => ++lastNumber);
