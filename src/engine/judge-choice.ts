import { groupDigits, keptWith, type List, type Pieces } from '../common/index.ts';
import { type GroupIntervals, type MetGroup, type MissingGroups, reachOf } from '../estimator/index.ts';
import { type AccessorName, type AggregateQuery, contains, tryEvaluate } from '../plan/index.ts';
import { type ChosenRows, type GroupSlots, slotLookup } from './answer-rows.ts';
import { type Choice, ChoiceJudge } from './choice.ts';

/** Intervals at most that the choice of rows is judged by, and what each takes. */
const judgedIntervalsMax = 20_000;
const judgedIntervalMs = 0.01;

/** What the choice is judged by. */
export interface ChoiceEvidence {
  readonly intervals: GroupIntervals;
  /** All groups that were met. */
  readonly groups: List<MetGroup>;
  readonly chosen: ChosenRows<GroupSlots & { readonly group: MetGroup }>;
  readonly missing: MissingGroups;
}

const judgeOf = keptWith((query: AggregateQuery) => new ChoiceJudge(query));

/**
 * How sure the choice of rows is.
 * @param remainingMs time that may be taken
 * @returns null where estimates have no part in it; in words why it is not judged
 */
export function* judgeChoice(
  query: AggregateQuery,
  { intervals, groups, chosen, missing }: ChoiceEvidence,
  remainingMs: number,
): Pieces<Choice | string | null> {
  const judge = judgeOf(query);
  if (judge.isIdle) return null;
  const needed = groups.length * judge.intervals.length;
  const refusal = 'how sure the choice of groups is was not judged';
  if (needed > judgedIntervalsMax)
    return `${refusal}: it takes more than ${groupDigits(judgedIntervalsMax)} intervals`;
  if (needed * judgedIntervalMs > remainingMs) return `${refusal} before the deadline`;
  const decide = (): Pieces<Choice> =>
    judge.judge(
      chosen,
      (row) => ({
        interval: (place) => reachOf(intervals.at(row.group, place).estimate),
        value: (expression) => tryEvaluate(expression, slotLookup(row)),
      }),
      missing,
    );
  const choice = yield* decide();
  // A look at the tails can only make it less certain.
  const isOpen = choice.droppedUncertain === null && choice.marks.every((mark) => mark.rankCertain !== true);
  if (isOpen) return choice;
  yield* intervals.confirm(groups, judge.intervals);
  return yield* decide();
}

/** The intervals of which HAVING or the order ask something. */
export const intervalsInChoice = keptWith((query: AggregateQuery) => accessed(query, () => true));

/** The intervals of which HAVING or the order ask whether they are certified. */
export const certifiedInChoice = keptWith((query: AggregateQuery) =>
  accessed(query, (name) => name === 'certified'),
);

/** @param isAsked whether an accessor counts */
function accessed(
  { having, orderBy, accessors }: AggregateQuery,
  isAsked: (name: AccessorName) => boolean,
): readonly number[] {
  const places = new Set<number>();
  for (const expression of [
    ...(having === null ? [] : [having]),
    ...orderBy.map((order) => order.expression),
  ]) {
    contains(expression, (node) => {
      const accessor = node.kind === 'slot' && node.slot === 'accessor' ? accessors[node.index] : undefined;
      if (accessor !== undefined && isAsked(accessor.name)) places.add(accessor.interval);
      return false;
    });
  }
  return [...places];
}
