import type { Effort, ProfileStore } from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
import { costAt, type CostLine, fitLine, type Point } from './cost-line.ts';
import { slownessOf } from './machine-speed.ts';

/**
 * Kinds of work. `read`: a statement's way to a sample's sums, all but estimating; its size is rows times the nodes of expressions that
 * are worked out for each. `estimate`: all estimating, sizing included; cells times intervals, and what listing values is
 * worth. `exact`: the source's answer; values read. `learn`: the same, while tails are learned beside it.
 */
export type Work = 'read' | 'estimate' | 'exact' | 'learn';

/** What work costs on the machine that slowness is measured against, as measured there. */
const nominal: Readonly<Record<Work, CostLine>> = {
  read: { baseMs: 1, msPerUnit: 1.5e-6 },
  estimate: { baseMs: 0.3, msPerUnit: 0.05 },
  exact: { baseMs: 4, msPerUnit: 2.5e-6 },
  learn: { baseMs: 20, msPerUnit: 2e-5 },
};

/** The latest efforts of a shape that count. */
const ownMax = 8;
/** The latest shapes that a kind's line is fitted to. */
const shapesMax = 64;

/** What was learned of one kind of work. */
interface Learned {
  /** By shape, the latest last. */
  readonly byShape: Map<string, Point[]>;
  /** null: to be fitted anew. */
  line: CostLine | null;
}

/**
 * The error–latency profile: what work of each kind and shape takes, learned from every run. A line over the sizes of all shapes
 * tells what a new one may take, and a shape's own runs how far it is from that.
 */
export class Profile {
  private readonly learned: Readonly<Record<Work, Learned>> = {
    read: { byShape: new Map(), line: null },
    estimate: { byShape: new Map(), line: null },
    exact: { byShape: new Map(), line: null },
    learn: { byShape: new Map(), line: null },
  };
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
    learned.line = null;
  }

  private lineOf(work: Work): CostLine {
    const learned = this.learned[work];
    learned.line ??= fitLine([...learned.byShape.values()].flat(), this.priorOf(work));
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
