import { runStride, type Sample } from '../samples/index.ts';
import type { ScanTask } from './tasks.ts';
import type { LossCause } from './threads/task-faults.ts';

/** Fewer rows of a stratum tell nothing of its spread. */
const rowsMin = 2;

/**
 * The rows of tasks that could not be read. Ranks are random in their stratum: what is left of a stratum when rows are lost whatever
 * their values is a simple random sample of it, only smaller. Rows that may be lost because of their values stay among those read, and
 * estimates take them for the least and for the greatest values that there are.
 * @see Rinard, "Probabilistic accuracy bounds for fault-tolerant computations that discard tasks", ICS 2006
 */
export class LostRows {
  /** Tasks that were lost. */
  tasks = 0;
  private counts: Int32Array | null = null;
  private suspects: Int32Array | null = null;
  /** Runs (stratum, start, end) in file order. */
  private readonly runs: Int32Array[] = [];

  /**
   * @param takeAll for each stratum 1 where it is taken whole
   * @param runsAreKeys every run is a key with all its rows
   */
  constructor(
    private readonly takeAll: Uint8Array,
    private readonly runsAreKeys: boolean,
  ) {}

  /** For each stratum the rows, or keys where these were drawn, that were lost. */
  get count(): Int32Array {
    return (this.counts ??= new Int32Array(this.takeAll.length));
  }

  /** Those of them that may be lost because of their values. */
  get suspect(): Int32Array {
    return (this.suspects ??= new Int32Array(this.takeAll.length));
  }

  /**
   * Whether an answer needs the task: part of a stratum that is taken whole would bring its heavy tail back, and where fewer than two
   * rows of a stratum are left nothing is known of it.
   * @param to for each stratum the rows that are read with all other tasks
   */
  isCritical({ runs }: ScanTask, to: Int32Array): boolean {
    const own = new Map<number, number>();
    for (let run = 0; run < runs.length; run += runStride) {
      const stratum = runs[run]!; // whole runs
      own.set(stratum, (own.get(stratum) ?? 0) + this.unitsOf(runs, run));
    }
    return [...own].some(
      ([stratum, units]) =>
        this.takeAll[stratum] === 1 || to[stratum]! - this.count[stratum]! - units < rowsMin, // one entry a stratum
    );
  }

  add({ runs }: ScanTask, cause: LossCause): void {
    this.tasks++;
    this.runs.push(runs);
    for (let run = 0; run < runs.length; run += runStride) {
      const [stratum, units] = [runs[run]!, this.unitsOf(runs, run)]; // whole runs
      this.count[stratum]! += units;
      if (cause === 'failed') this.suspect[stratum]! += units;
    }
  }

  /** Runs in file order, but for what was lost of them. */
  without(runs: Int32Array): Int32Array {
    if (this.tasks === 0) return runs;
    const lost = Int32Array.from(this.runs.flatMap((each) => [...each]));
    const left: number[] = [];
    let next = 0;
    for (let run = 0; run < runs.length; run += runStride) {
      const end = runs[run + 2]!; // whole runs
      let start = runs[run + 1]!;
      while (next < lost.length && lost[next + 2]! <= start) next += runStride;
      for (let at = next; at < lost.length && lost[at + 1]! < end; at += runStride) {
        if (start < lost[at + 1]!) left.push(runs[run]!, start, lost[at + 1]!);
        start = lost[at + 2]!;
      }
      if (start < end) left.push(runs[run]!, start, end);
    }
    return Int32Array.from(left);
  }

  /** For each stratum how many of its first rows, or of the first keys, were not lost. */
  unitsLeft({ keys, runs }: Sample, to: Int32Array): Int32Array {
    const wanted =
      keys === null
        ? runs.runs(new Int32Array(to.length), to)
        : Int32Array.from({ length: runStride * to[0]! }, (_, place) =>
            place % runStride === 0
              ? 0
              : keys.starts[Math.floor(place / runStride) + (place % runStride) - 1]!,
          ); // one stratum; a run a key
    const left = new Int32Array(to.length);
    const own = this.without(wanted);
    for (let run = 0; run < own.length; run += runStride) left[own[run]!]! += this.unitsOf(own, run); // whole runs
    return left;
  }

  private unitsOf(runs: Int32Array, run: number): number {
    return this.runsAreKeys ? 1 : runs[run + 2]! - runs[run + 1]!; // whole runs
  }
}
