import {
  droppedBy,
  gainsOf,
  isAllowed,
  type Selection,
  type SelectionProblem,
  storageOf,
  valueOf,
} from './selection-problem.ts';

/** How candidates are compared: by what they gain, or by what they gain for their room. */
type Worth = (gain: number, storage: number) => number;
const byGain: Worth = (gain) => gain;
const byRoom: Worth = (gain, storage) => gain / Math.max(1, storage);

/**
 * Selects samples one by one: always the one that gains most for its room, or most at all, whichever comes out better; from the
 * existing samples on, and from those that the churn limit leaves.
 * @see Leskovec et al., "Cost-effective outbreak detection in networks", KDD 2007, section 3: the better of these two greedy answers
 */
export function selectGreedily(problem: SelectionProblem): Selection {
  const gains = gainsOf(problem);
  const kept = keepWhatFits(problem);
  const starts = [kept, dropWorst(problem, gains, kept)].filter((start) => isAllowed(problem, start));
  const answers = starts.flatMap((start) =>
    [byRoom, byGain].map((worth) => addGreedily(problem, gains, start, worth)),
  );
  return answers.reduce(
    (best, answer) => (valueOf(gains, answer) > valueOf(gains, best) ? answer : best),
    answers[0] ?? kept,
  );
}

/**
 * The existing samples that the budget has room for: while it has not for all, the one goes that is worth least for its room. What
 * then is dropped must be allowed, whatever the churn limit.
 */
export function keepWhatFits(problem: SelectionProblem): Selection {
  const gains = gainsOf(problem);
  let kept: Selection = problem.candidates.map(({ existing }) => existing);
  while (storageOf(problem, kept) > problem.budget) kept = without(kept, leastWorth(problem, gains, kept)!); // something takes room
  return kept;
}

/** Drops existing samples, the one that is worth least for its room first, as far as the churn limit allows. */
function dropWorst(problem: SelectionProblem, gains: readonly Float64Array[], kept: Selection): Selection {
  let left = kept;
  for (;;) {
    const worst = leastWorth(problem, gains, left);
    if (worst === null) return left;
    const next = without(left, worst);
    if (droppedBy(problem, next) > problem.dropMax) return left;
    left = next;
  }
}

const without = (selection: Selection, place: number): Selection =>
  selection.map((chosen, other) => chosen && other !== place);

/** The chosen sample whose loss would cost least for its room; null: none is chosen. */
function leastWorth(
  { candidates }: SelectionProblem,
  gains: readonly Float64Array[],
  selection: Selection,
): number | null {
  const losses = lossesOf(gains, selection);
  let least: number | null = null;
  let leastLoss = Number.POSITIVE_INFINITY;
  for (const [place, { storage }] of candidates.entries()) {
    if (selection[place] !== true) continue;
    const loss = byRoom(losses[place]!, storage); // one each
    if (least === null || loss < leastLoss) [least, leastLoss] = [place, loss];
  }
  return least;
}

/** What would be lost with each chosen sample by itself: what it gains for the sets that it serves, less what the next best would. */
function lossesOf(gains: readonly Float64Array[], selection: Selection): Float64Array {
  const losses = new Float64Array(selection.length);
  for (const ofQuery of gains) {
    let [best, most, next] = [-1, 0, 0];
    for (const [place, gain] of ofQuery.entries()) {
      if (selection[place] !== true) continue;
      if (gain > most) [best, most, next] = [place, gain, most];
      else if (gain > next) next = gain;
    }
    if (best >= 0) losses[best] = losses[best]! + most - next; // one of its places
  }
  return losses;
}

function addGreedily(
  problem: SelectionProblem,
  gains: readonly Float64Array[],
  start: Selection,
  worth: Worth,
): Selection {
  const { candidates, budget } = problem;
  const selection = [...start];
  let room = budget - storageOf(problem, selection);
  const reached = gains.map((ofQuery) => valueOf([ofQuery], selection));
  for (;;) {
    let best: number | null = null;
    let bestWorth = 0;
    for (const [place, { storage }] of candidates.entries()) {
      if (selection[place] === true || storage > room) continue;
      const gain = gains.reduce(
        (sum, ofQuery, query) => sum + Math.max(0, ofQuery[place]! - reached[query]!),
        0,
      ); // one of each a query set
      if (worth(gain, storage) > bestWorth) [best, bestWorth] = [place, worth(gain, storage)];
    }
    if (best === null) return selection;
    selection[best] = true;
    room -= candidates[best]!.storage; // best is one of their places
    for (const [query, ofQuery] of gains.entries())
      reached[query] = Math.max(reached[query]!, ofQuery[best]!); // the same
  }
}
