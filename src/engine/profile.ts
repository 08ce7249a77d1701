import type { Effort, ProfileStore } from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
import { costAt, type CostLine, fitLine, type Point } from './cost-line.ts';
import { slownessOf } from './machine-speed.ts';

/**
 * Work that is slower where a process does it for the first time: what is compiled for a statement runs without having been optimised.
 * `read`: a statement's way to a sample's sums, all but loading and estimating; its size is rows times the nodes of expressions
 * that are worked out for each. `next`: the same of a sample that is tried behind another. `estimate`: all estimating, sizing
 * included; cells times intervals, and what listing values is worth.
 */
export type Repeated = 'read' | 'next' | 'estimate';

/**
 * Kinds of work. `first …`: of a shape that is new to the process. `load`: columns of samples; bytes. `exact`: the source's
 * answer; values read. `learn`: the same, while tails are learned beside it.
 */
export type Work = Repeated | `first ${Repeated}` | 'load' | 'exact' | 'learn';

/** What work costs on the machine that slowness is measured against, as measured there; of first runs a rough multiple. */
const nominal: Readonly<Record<Work, CostLine>> = {
  'first read': { baseMs: 4, msPerUnit: 2e-6 },
  'first next': { baseMs: 1, msPerUnit: 3e-6 },
  'first estimate': { baseMs: 0.6, msPerUnit: 0.1 },
  read: { baseMs: 1, msPerUnit: 1e-6 },
  next: { baseMs: 0.3, msPerUnit: 1e-6 },
  load: { baseMs: 0.2, msPerUnit: 1.5e-6 },
  estimate: { baseMs: 0.3, msPerUnit: 0.05 },
  exact: { baseMs: 4, msPerUnit: 2.5e-6 },
  learn: { baseMs: 20, msPerUnit: 2e-5 },
};

/** The latest efforts of a shape that count. */
const ownMax = 8;
/** The latest shapes that are remembered, and those of them that a kind's line is fitted to. */
const shapesMax = 1024;
const fittedMax = 64;
/** Compiled code of so many shapes is expected to be optimised still. */
const warmMax = 256;

/** What was learned of one kind of work. */
interface Learned {
  /** By shape, the latest last. */
  readonly byShape: Map<string, Point[]>;
  /** null: none was fitted yet. */
  line: CostLine | null;
  /** Efforts that the line was fitted to, and those that came since. */
  fitted: number;
  since: number;
}

const nothingLearned = (): Learned => ({ byShape: new Map(), line: null, fitted: 0, since: 0 });

/** A line stands until the efforts that came since are such a share of those that it was fitted to. */
const refitShare = 1 / 8;

/**
 * The error–latency profile: what work of each kind and shape takes, learned from every run. A line over the sizes of all shapes
 * tells what a new one may take, and a shape's own runs how far it is from that.
 */
export class Profile {
  private readonly learned: Readonly<Record<Work, Learned>> = {
    'first read': nothingLearned(),
    'first next': nothingLearned(),
    'first estimate': nothingLearned(),
    read: nothingLearned(),
    next: nothingLearned(),
    load: nothingLearned(),
    estimate: nothingLearned(),
    exact: nothingLearned(),
    learn: nothingLearned(),
  };
  /** Shapes that this process has done work for; the latest last. */
  private readonly warmShapes = new Set<string>();
  private slowness: number | null = null;
  private unsaved: Effort[] = [];

  /** @param threads of the executor and of the source */
  constructor(
    private readonly store: ProfileStore,
    private readonly threads: number,
    private readonly clock: Clock,
  ) {
    for (const { work, shape, size, elapsedMs } of store.efforts(threads))
      if (work in nominal) this.note(work as Work, shape, [size, elapsedMs]); // a kind that there is
  }

  /** What work of so large a size should take, milliseconds. */
  predictMs(work: Work, shape: string, size: number): number {
    const line = this.lineOf(work);
    const own = this.learned[work].byShape.get(shape) ?? [];
    const ratios = own.map(([ownSize, elapsedMs]) => elapsedMs / costAt(line, ownSize));
    // Of two in the middle the faster counts: the first run of a shape may have had columns to load. So the line stands in for a second.
    if (ratios.length < 2) ratios.push(1);
    return lowerMedian(ratios) * costAt(line, size);
  }

  /** Learns from work done. What takes no time, or has no size, tells nothing. */
  learn(work: Work, shape: string, size: number, elapsedMs: number): void {
    if (!(size > 0) || !(elapsedMs > 0)) return;
    this.note(work, shape, [size, elapsedMs]);
    this.unsaved.push({ work, shape, threads: this.threads, size, elapsedMs });
  }

  /** Whether this process has done work for a shape before. */
  isWarm(shape: string): boolean {
    return this.warmShapes.has(shape);
  }

  /** Work was done for a shape: the next time it will not be the first. */
  warm(shape: string): void {
    this.warmShapes.delete(shape);
    this.warmShapes.add(shape);
    if (this.warmShapes.size > warmMax) this.warmShapes.delete(this.warmShapes.keys().next().value!); // not empty
  }

  /** Writes what was learned since the last time. @throws QueryError STORAGE */
  async save(): Promise<void> {
    const efforts = this.unsaved;
    this.unsaved = [];
    if (efforts.length > 0) await this.store.keep(efforts);
  }

  private note(work: Work, shape: string, point: Point): void {
    const learned = this.learned[work];
    const own = learned.byShape.get(shape) ?? [];
    own.push(point);
    if (own.length > ownMax) own.shift();
    // The shape moves to the end of the map's order.
    learned.byShape.delete(shape);
    learned.byShape.set(shape, own);
    if (learned.byShape.size > shapesMax) learned.byShape.delete(learned.byShape.keys().next().value!); // not empty
    learned.since++;
  }

  private lineOf(work: Work): CostLine {
    const learned = this.learned[work];
    if (learned.line === null || learned.since > refitShare * learned.fitted) {
      const points = [...learned.byShape.values()].slice(-fittedMax).flat();
      learned.line = fitLine(points, this.priorOf(work));
      learned.fitted = points.length;
      learned.since = 0;
    }
    return learned.line;
  }

  /** What is known before the first run: the machine is timed when it is first asked for. */
  private priorOf(work: Work): CostLine {
    this.slowness ??= slownessOf(this.clock);
    const { baseMs, msPerUnit } = nominal[work];
    return { baseMs: baseMs * this.slowness, msPerUnit: msPerUnit * this.slowness };
  }
}

/** The middle value; of two the lower. */
function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!; // there are values
}
