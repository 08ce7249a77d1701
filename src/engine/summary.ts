import type { SampleEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Choice } from './choice.ts';
import type { AnswerSummary } from './contract.ts';
import type { Staleness } from './staleness.ts';

/** Bounds of statements that ask for none. */
export const noBounds: ResolvedBounds = {
  error: null,
  confidence: 0.95,
  simultaneous: false,
  withinMs: null,
  onMiss: 'exact',
  isDefault: true,
};

/** Milliseconds spent in the steps of a statement. */
export class Stopwatch {
  private readonly spent = { parseMs: 0, planMs: 0, executeMs: 0, estimateMs: 0 };
  private running: { readonly step: keyof Stopwatch['spent']; readonly sinceMs: number } | null = null;

  constructor(private readonly nowMs: () => number) {}

  /** Runs a step and adds its time. */
  async time<T>(step: keyof typeof this.spent, work: () => T | Promise<T>): Promise<T> {
    const sinceMs = this.nowMs();
    this.running = { step, sinceMs };
    try {
      return await work();
    } finally {
      this.spent[step] += this.nowMs() - sinceMs;
      this.running = null;
    }
  }

  /** Moves time from executing to estimating: estimates are made while a scan goes on. */
  attributeToEstimating(ms: number): void {
    this.spent.executeMs -= ms;
    this.spent.estimateMs += ms;
  }

  /** The time so far, with that of the step that is under way. */
  timings(totalMs: number): AnswerSummary['timings'] {
    const { running } = this;
    const spent = { ...this.spent };
    if (running !== null) spent[running.step] += this.nowMs() - running.sinceMs;
    const { parseMs, planMs, executeMs, estimateMs } = spent;
    return { parseMs, planMs, executeMs, estimateMs, totalMs };
  }
}

/** What a route has to say about its answer. */
export interface RouteReport {
  readonly mode: AnswerSummary['mode'];
  readonly reason: string;
  readonly notes: readonly string[];
  /** The error bound was kept; true where there is none. */
  readonly errorMet: boolean;
  readonly sample?: { readonly entry: SampleEntry; readonly rowsRead: number };
  readonly tasks?: AnswerSummary['tasks'];
  readonly missing?: { readonly groupRowsMax: number; readonly rowsMax: number };
  /** The largest relative half-width of the rows, null where an estimate has none, and how many intervals there were before HAVING and LIMIT; not there in an exact answer. */
  readonly maxRelativeError?: number | null;
  readonly cells?: number;
  /** Of these intervals, where it is not the statement's. */
  readonly confidence?: number;
  readonly choice?: Choice | null;
  /** What was expected before the work was done; null or left out: nothing was. */
  readonly predicted?: AnswerSummary['predicted'];
  /** See {@link AnswerSummary}; null or left out: it was not cut short. */
  readonly degraded?: AnswerSummary['degraded'];
}

/** Puts together what is said about an answer. */
export function summarise(
  report: RouteReport,
  bounds: ResolvedBounds,
  elapsedMs: number,
  stopwatch: Stopwatch,
  stale: Staleness | null,
): AnswerSummary {
  const { error, confidence, withinMs, simultaneous } = bounds;
  const inTime = withinMs === null || elapsedMs <= withinMs;
  const notes = [
    ...report.notes,
    ...(inTime
      ? []
      : [`the answer took ${elapsedMs.toFixed(0)} ms, longer than the ${withinMs} ms asked for`]),
    ...(stale === null ? [] : [stale.note]),
  ];
  const { sample, cells, choice = null, predicted = null, maxRelativeError = 0 } = report;
  return {
    mode: report.mode,
    requested: {
      ...(error === null ? {} : { error: { bound: error.bound, relative: error.relative, confidence } }),
      ...(withinMs === null ? {} : { withinMs }),
    },
    achieved: { maxRelativeError, elapsedMs },
    predicted,
    met: report.errorMet && inTime,
    degraded: report.degraded ?? null,
    sample:
      sample === undefined
        ? null
        : {
            name: sample.entry.name,
            version: sample.entry.version,
            rowsRead: sample.rowsRead,
            rowsInSample: sample.entry.rows,
            populationRows: sample.entry.populationRows,
          },
    reason: report.reason,
    tasks: report.tasks ?? { planned: 0, completed: 0, discarded: 0 },
    intervals:
      cells === undefined
        ? null
        : {
            kind: simultaneous ? 'simultaneous' : 'pointwise',
            confidence: report.confidence ?? confidence,
            count: cells,
          },
    choice:
      choice === null
        ? null
        : { droppedUncertain: choice.droppedUncertain, coversMissingGroups: choice.coversMissingGroups },
    missingGroupRowsMax: report.missing?.groupRowsMax ?? 0,
    missingRowsMax: report.missing?.rowsMax ?? 0,
    stale: stale === null ? null : { rowsAddedSinceSample: stale.rowsAdded },
    timings: stopwatch.timings(elapsedMs),
    notes,
  };
}

/** @throws QueryError DEADLINE_EXCEEDED where an answer came too late, or without intervals for which there was no time */
export function requireInTime(
  { met, achieved: { elapsedMs } }: AnswerSummary,
  { withinMs, error }: ResolvedBounds,
): void {
  // That an error bound is missed has been said before.
  if (met || (error !== null && elapsedMs <= withinMs!)) return; // there is a deadline
  throw new QueryError('DEADLINE_EXCEEDED', `the answer was not ready within ${withinMs} ms`, {
    hint: 'ON MISS BEST EFFORT gives the best answer that there is by then',
  });
}
