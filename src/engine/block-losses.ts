import type { SampleEntry } from '../catalog/index.ts';
import { itemsOf, QueryError } from '../common/index.ts';
import { ScanThreads, type TaskFaults } from '../executor/index.ts';
import { nothingLearned, type Scalar } from '../plan/index.ts';
import type { Sample } from '../samples/index.ts';
import type { QueryOptions } from './contract.ts';
import { describeKeys } from './describe.ts';
import type { ProbingQuery } from './probing-queries.ts';
import { RunControl } from './run-control.ts';
import { SampleQuery } from './sample-query.ts';
import type { EngineState } from './state.ts';

/** Values of an answer: by query, group and output. */
export type AnswerValues = ReadonlyMap<string, number>;

/** What a sample answered, and how long that took; null values: there was no answer. */
export interface TriedAnswer {
  readonly values: AnswerValues | null;
  readonly elapsedMs: number;
}

/** A sample in use that is asked with blocks of it lost. */
export class BlockLosses {
  constructor(
    private readonly state: EngineState,
    private readonly entry: SampleEntry,
    private readonly sample: Sample,
    private readonly queries: readonly ProbingQuery[],
    private readonly signal: QueryOptions['signal'],
  ) {}

  /**
   * Asks all queries, whole as the sample is: its columns are in memory afterwards.
   * @returns null where kernels cannot compute one
   * @throws QueryError CANCELLED, DAMAGED_SAMPLE, LIMIT_EXCEEDED
   */
  async askWhole(): Promise<AnswerValues | null> {
    const values = new Map<string, number>();
    for (const place of this.queries.keys()) if (!(await this.ask(place, new Set(), values))) return null;
    return values;
  }

  /** Asks all queries without some blocks, one thread reading. @throws QueryError CANCELLED, LIMIT_EXCEEDED */
  async askWithout(lost: ReadonlySet<number>): Promise<TriedAnswer> {
    const { clock } = this.state.environment;
    const startMs = clock.monotonicMs();
    const values = new Map<string, number>();
    try {
      for (const place of this.queries.keys()) await this.ask(place, lost, values);
      return { values, elapsedMs: clock.monotonicMs() - startMs };
    } catch (error) {
      // All of the sample has been read before: nothing but the loss stands against it now.
      if (error instanceof QueryError && error.code === 'STORAGE')
        return { values: null, elapsedMs: clock.monotonicMs() - startMs };
      throw error;
    }
  }

  private async ask(place: number, lost: ReadonlySet<number>, values: Map<string, number>): Promise<boolean> {
    const { clock, startThread, timers } = this.state.environment;
    const { entry, sample, signal } = this;
    const { query, bounds } = this.queries[place]!; // a place of queries
    // One thread is this one: none is started.
    const alone = new ScanThreads(1, startThread, (ms, act) => timers.after(ms, act), losing(sample, lost));
    const options = signal === undefined ? {} : { signal };
    const control = new RunControl(clock, options, null, clock.monotonicMs(), undefined, alone);
    const opened = await SampleQuery.open(query, bounds, entry, sample, control, () => nothingLearned);
    if (typeof opened === 'string') return false;
    const { rows } = await opened.runToEnd();
    for (const { keys, estimates } of itemsOf(rows)) {
      const group = keys.map(keyText).join('\u0000');
      for (const [output, { estimate }] of estimates.entries())
        if (estimate.value !== null) values.set(`${place} ${output} ${group}`, estimate.value);
    }
    return true;
  }
}

const keyText = (key: Scalar): string => `${typeof key} ${describeKeys([key])}`;

/** A task cannot be read where a block that it reaches over is lost. */
function losing({ blockRows }: Sample, lost: ReadonlySet<number>): TaskFaults {
  return {
    faultOf({ runs, lastRow }) {
      const last = Math.floor((lastRow - 1) / blockRows);
      for (let block = Math.floor(runs[1]! / blockRows); block <= last; block++)
        // no task is empty
        if (lost.has(block)) return { kind: 'unreadable' };
      return null;
    },
  };
}

/** By how much values differ, relative to what they were: the mean over those that were not 0. What is not there any more is all off. */
export function distortionOf(before: AnswerValues, after: AnswerValues): number {
  let [sum, count] = [0, 0];
  for (const [cell, value] of before) {
    if (value === 0 || !Number.isFinite(value)) continue;
    const now = after.get(cell);
    sum += now === undefined ? 1 : Math.abs(now - value) / Math.abs(value);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
