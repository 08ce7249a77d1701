import { keptWith } from '../common/index.ts';
import type { KeyIndex, RunIndex, Sample } from '../samples/index.ts';
import { type ScanTask, tasksOf } from './tasks.ts';

/** Choices of strata that a sample has the tasks of; together they take no more memory than a column of whole numbers. */
const choicesMax = 8;

interface WholeRead {
  readonly blocks: number;
  readonly tasks: readonly ScanTask[];
}

/** By what places the rows, and by the strata that are read; the choice that was asked for last is the last. */
const known = new WeakMap<RunIndex | KeyIndex, Map<string, WholeRead>>();
/** The strata that are read as text. */
const textOf = keptWith((included: Uint8Array) => included.join(''));

/**
 * The tasks that read some strata from their first row to their last. To work them out takes up to an eighth of the reading, and
 * statements without a bound ask for the same again and again.
 * @param included for each stratum 1 where it is read; an array that does not change
 * @param to for each stratum its rows, or keys where these were drawn; 0 where it is not read
 * @param blocks see {@link tasksOf}
 */
export function wholeTasks(
  sample: Sample,
  included: Uint8Array,
  to: Int32Array,
  blocks: number,
): readonly ScanTask[] {
  const places = sample.keys ?? sample.runs;
  const ofSample = known.get(places) ?? new Map<string, WholeRead>();
  known.set(places, ofSample);
  const text = textOf(included);
  const last = ofSample.get(text);
  if (last?.blocks === blocks) {
    ofSample.delete(text);
    ofSample.set(text, last);
    return last.tasks;
  }
  const tasks = tasksOf(sample, new Int32Array(to.length), to, blocks);
  const numbers = tasks.reduce((sum, { runs }) => sum + runs.length, 0);
  if (numbers * choicesMax > sample.rows) return tasks;
  ofSample.set(text, { blocks, tasks });
  if (ofSample.size > choicesMax) ofSample.delete(ofSample.keys().next().value!); // not empty
  return tasks;
}
