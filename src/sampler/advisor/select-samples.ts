import { keepWhatFits, selectGreedily } from './select-greedily.ts';
import { readSelection, writeProgram } from './selection-program.ts';
import {
  droppedBy,
  gainsOf,
  isAllowed,
  type Selection,
  type SelectionProblem,
  valueOf,
} from './selection-problem.ts';
import type { ProgramSolver } from './program-solver.ts';

/** Which samples to keep, and how that was found. */
export interface SelectedSamples {
  readonly selection: Selection;
  /** Σ wᵢ·yᵢ·Δ(qᵢ) beyond the floors. */
  readonly value: number;
  /** `optimal`: no selection is better. */
  readonly by: 'optimal' | 'time limit' | 'greedy';
}

/**
 * Selects the samples to keep: by the exact program and greedily, and the better of the two answers is taken, since a solver that was
 * stopped early can be worse. The churn limit gives way where the budget has no room for what exists.
 * @param limitMs for the solver: what it has found by then counts
 * @throws the reason of the solver's signal
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 3.2
 */
export async function selectSamples(
  asked: SelectionProblem,
  solver: ProgramSolver,
  limitMs: number,
): Promise<SelectedSamples> {
  const problem = allowForcedDrops(asked);
  const gains = gainsOf(problem);
  const greedy = selectGreedily(problem);
  const worth = (selection: Selection): number => valueOf(gains, selection);
  const answer = (selection: Selection, by: SelectedSamples['by']): SelectedSamples => {
    const needed = leaveOutUnneeded(problem, gains, selection);
    return { selection: needed, value: worth(needed), by };
  };
  // Nothing can be gained: there is no program to solve.
  if (gains.every((ofQuery) => ofQuery.every((gain) => gain === 0))) return answer(greedy, 'optimal');
  const solution = await solver.solve(writeProgram(problem), limitMs);
  const exact = solution === null ? null : readSelection(problem, solution.valueOf);
  if (exact === null || !isAllowed(problem, exact)) return answer(greedy, 'greedy');
  const better = worth(exact) >= worth(greedy) ? exact : greedy;
  // Sums of the same gains may differ in their last digits.
  if (solution?.isOptimal === true && worth(exact) >= worth(greedy) * (1 - 1e-12))
    return answer(better, 'optimal');
  return answer(better, better === exact ? 'time limit' : 'greedy');
}

/** The problem with a churn limit that the budget can keep. */
export function allowForcedDrops(problem: SelectionProblem): SelectionProblem {
  return { ...problem, dropMax: Math.max(problem.dropMax, droppedBy(problem, keepWhatFits(problem))) };
}

/** The selection without samples that add nothing to the others; existing ones only as far as the churn limit allows. */
function leaveOutUnneeded(
  problem: SelectionProblem,
  gains: readonly Float64Array[],
  selection: Selection,
): Selection {
  let left = selection;
  // New ones first: an existing one that does the same is kept. Then the largest.
  const order = problem.candidates
    .map(({ existing, storage }, place) => ({ existing, storage, place }))
    .toSorted((a, b) => Number(a.existing) - Number(b.existing) || b.storage - a.storage);
  for (const { place } of order) {
    const fewer = left.map((chosen, other) => chosen && other !== place);
    if (left[place] === true && valueOf(gains, fewer) === valueOf(gains, left) && isAllowed(problem, fewer))
      left = fewer;
  }
  return left;
}
