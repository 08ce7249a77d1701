import type { TableEntry } from '../catalog/index.ts';
import { answerExactly, sourceTables } from './exact-route.ts';
import type { LearningPlace } from './known-tails.ts';
import type { AnswerColumn } from './query-result.ts';
import type { SelectPlan } from '../planner/index.ts';
import type { EngineState } from './state.ts';
import type { SampleAnswer } from './sample-answer.ts';
import type { SelectRun } from './select-run.ts';
import type { TailSubject } from './tail-subjects.ts';

/** How much longer than the exact answer learning may take before the answer no longer waits for it, and for how long it waits at least. */
const patience = 1;
const patienceMinMs = 1000;
/** Under a deadline there must be room for so many times what the exact answer took. */
const roomMin = 2;

/** What to learn: by the strata of each sample that was tried. */
export interface Lessons {
  /** Names of the outputs that it is for. */
  readonly outputs: readonly string[];
  readonly wanted: readonly { readonly place: LearningPlace; readonly subjects: readonly TailSubject[] }[];
}

/** Whether any of it was not learned yet. */
export function isNews(state: EngineState, { wanted }: Lessons): boolean {
  return wanted.some(({ place, subjects }) => state.tails.unlearned(place, subjects).length > 0);
}

/** What would have let samples vouch for their answers. */
export function lessonsFor(table: TableEntry, answers: readonly SampleAnswer[]): Lessons {
  const unknown = answers.map(({ entry, unknownTails }) => ({ place: { table, entry }, ...unknownTails() }));
  return { outputs: [...new Set(unknown.flatMap(({ outputs }) => outputs))], wanted: unknown };
}

/**
 * Answers from the source and learns beside it what the tails are like, for the next time. Where learning takes much longer than
 * the answer, it goes on behind it. Under a deadline it waits for the answer, and for room.
 * @throws QueryError as {@link answerExactly}; learning never fails
 */
export async function answerAndLearn(
  state: EngineState,
  plan: SelectPlan,
  run: SelectRun,
  { wanted, outputs }: Lessons,
): Promise<{ columns: AnswerColumn[]; notes: string[] }> {
  const { control, costs } = run;
  const giveUp = new AbortController();
  const { signal } = control.options;
  const stop = signal === undefined ? giveUp.signal : AbortSignal.any([giveUp.signal, signal]);
  const learn = (): Promise<boolean> => learnAll(state, wanted, stop).catch(() => false);
  const startedMs = control.elapsedMs();
  let learning: Promise<boolean> | null = null;
  try {
    const beside = control.withinMs === null ? (): void => void (learning = learn()) : undefined;
    const columns = await answerExactly(state, plan, run, beside);
    const tookMs = control.elapsedMs() - startedMs;
    const roomMs = control.remainingMs();
    if (control.withinMs !== null && roomMs >= roomMin * tookMs) learning = learn();
    const waitMs = Math.min(Math.max(patienceMinMs, patience * tookMs), roomMs / roomMin);
    const notes = await noteOn(learning, waitMs, outputs);
    if (beside !== undefined) costs.learnExact(control.elapsedMs() - startedMs, true);
    return { columns, notes };
  } catch (error) {
    giveUp.abort();
    throw error;
  }
}

/** One after another: the exact answer runs beside. @returns false where something was not learned */
async function learnAll(
  state: EngineState,
  wanted: Lessons['wanted'],
  signal: AbortSignal,
): Promise<boolean> {
  let all = true;
  for (const { place, subjects } of wanted) {
    // Samples of the same strata share what is learned.
    const unlearned = state.tails.unlearned(place, subjects);
    if (unlearned.length > 0)
      all = (await state.tails.learn(place, unlearned, sourceTables(state), signal)) && all;
  }
  return all;
}

/** What is said about learning. */
async function noteOn(
  learning: Promise<boolean> | null,
  waitMs: number,
  outputs: readonly string[],
): Promise<string[]> {
  if (learning === null) return [];
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, waitMs, null);
  });
  const learned = await Promise.race([learning, waited]);
  clearTimeout(timer);
  if (learned === false) return [];
  return [
    learned === null
      ? `what is known of the table did not certify ${outputs.join(', ')}: more is being learned, so that the statement can be sampled later`
      : `what is known of the table did not certify ${outputs.join(', ')}: more has been learned, the next run can be sampled unless a tail is heavy`,
  ];
}
