import { gainsOf, type Selection, type SelectionProblem } from './selection-problem.ts';

/** The solver takes values for equal that differ by a millionth, so the largest gain is made large. */
const largestGain = 10_000;
/** Terms on a line: readers of the format have buffers. */
const termsPerLine = 20;

/**
 * The selection problem as a mixed-integer program in CPLEX's LP format. z_j: candidate j is chosen. x_i_j: query set i is served by
 * it, which replaces yᵢ ≤ max(…): of a maximum each set is served by one sample, and only by a chosen one; where all z are whole,
 * so is the best x. Gains are scaled.
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 3.2.1
 */
export function writeProgram(problem: SelectionProblem): string {
  const { candidates, budget, dropMax } = problem;
  const gains = gainsOf(problem);
  const most = gains.reduce((best, ofQuery) => ofQuery.reduce((a, b) => Math.max(a, b), best), 0);
  const servings = gains.map((ofQuery, query) =>
    [...ofQuery].flatMap((gain, place) =>
      gain > 0 ? [{ x: `x_${query}_${place}`, place, gain: (gain / most) * largestGain }] : [],
    ),
  );
  const existing = candidates.flatMap(({ existing: isThere, storage }, place) =>
    isThere ? [{ storage, place }] : [],
  );
  const keptMin = existing.reduce((sum, { storage }) => sum + storage, 0) - dropMax;
  const rooms = candidates.map(({ storage }, place) => `${storage} z_${place}`);
  return [
    'Maximize',
    ` goal: ${sum(servings.flat().map(({ x, gain }) => `${gain} ${x}`))}`,
    'Subject To',
    ` budget: ${sum(rooms)} <= ${budget}`,
    ...(keptMin > 0 ? [` churn: ${sum(existing.map(({ storage, place }) => `${storage} z_${place}`))} >= ${keptMin}`] : []),
    ...servings.flatMap((ofQuery, query) => (ofQuery.length > 0 ? [` once_${query}: ${sum(ofQuery.map(({ x }) => x))} <= 1`] : [])),
    ...servings.flat().map(({ x, place }) => ` by_${x}: ${x} - z_${place} <= 0`),
    'Bounds',
    ...servings.flat().map(({ x }) => ` 0 <= ${x} <= 1`),
    'Binary',
    ...candidates.map((_, place) => ` z_${place}`),
    'End',
    '',
  ].join('\n'); // prettier-ignore
}

function sum(terms: readonly string[]): string {
  const lines: string[] = [];
  for (let start = 0; start < terms.length; start += termsPerLine)
    lines.push(terms.slice(start, start + termsPerLine).join(' + '));
  return lines.join('\n + ');
}

/** The selection from the values of a solution's variables. @param valueOf null: the solution does not name the variable */
export function readSelection(
  { candidates }: SelectionProblem,
  valueOf: (variable: string) => number | null,
): Selection {
  return candidates.map((_, place) => (valueOf(`z_${place}`) ?? 0) > 0.5);
}
