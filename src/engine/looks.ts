import { itemsOf } from '../common/index.ts';
import { pilotSupportMin } from '../estimator/index.ts';
import type { Pauses } from '../executor/index.ts';
import type { Known } from './known.ts';
import type { SampleReading } from './sample-reading.ts';

/** The chance that any look but the last misses the truth, as a share of the chance that the last one does. */
const looksShare = 0.1;
/** From this share of the sample on a first look waits for no more matches. */
const waitShare = 0.25;
/**
 * How far into the statement intervals of a first look are made, milliseconds: it is to be shown within 100. What comes later, as the first
 * statement of a process does, waits by so large a factor longer for them.
 */
const firstIntervalsMs = 70;
const lateIntervals = 1.15;
/** Looks that take longer, milliseconds, and most of the time too, are left out. */
const patienceMs = 50;

/** How many looks lie on the way from so many rows to all of them, at twice as many rows each time; the last is not counted. */
function looksBetween(rows: number, rowsMax: number): number {
  return rows < rowsMax ? Math.ceil(Math.log2(rowsMax / Math.max(1, rows))) : 0;
}

/**
 * Gives the intervals of looks their levels: whoever looks again and again, each time with 95 % confidence, sees the truth missed
 * far more often than in one of twenty cases. With K planned looks each but the last is shown at level 1 − α/(10(K − 1)), the last
 * as if it were the only one: that any of them misses has at most the chance 1.1 α.
 * @see Haybittle, "Repeated assessment of results in clinical trials of cancer treatment", British Journal of Radiology 44, 1971
 * @see Peto et al., "Design and analysis of randomized clinical trials requiring prolonged observation of each patient", British
 * Journal of Cancer 34, 1976
 */
export class LookLevels {
  private left: number;

  /** @param confidence of the last look, in (0, 1) */
  constructor(confidence: number) {
    this.left = (1 - confidence) * looksShare;
  }

  /**
   * The level that each of the next looks would have; nothing is taken yet.
   * @param own looks that would be taken at it, at most
   * @param others that may come behind them
   */
  offer(own: number, others: number): number {
    return 1 - this.left / (own + others);
  }

  /** The same, and these looks are taken. */
  take(own: number, others: number): number {
    const level = this.offer(own, others);
    this.left -= own * (1 - level);
    return level;
  }
}

/** What gives looks their levels. */
export type Levels = Pick<LookLevels, 'offer' | 'take'>;

/** What looks ask of the reading of a sample. */
type Reading = Pick<SampleReading, 'bounds' | 'control' | 'leastMatched' | 'limits' | 'lookAt' | 'rowsRead'>;

/** Looks at most on the way through all of a sample. @param firstLimit rank limit of the first */
export function looksAtMost({ limits }: Pick<Reading, 'limits'>, firstLimit: number): number {
  return looksBetween(limits.rowsUnder(firstLimit), limits.rowsUnder(limits.max));
}

/** Looks at the reading of one sample: the first when there is enough to see, then at twice as many rows each time. */
export class Looks implements Pauses {
  nextRows: number;
  private readonly rowsMax: number;
  private level: number | null = null;
  private tookMs = 0;

  /**
   * @param firstLimit rank limit under which a first look may make sense
   * @param othersPlanned looks that other samples may have behind this one's
   * @param show takes what is known, at the look's level, and how far into the statement its intervals may be made
   */
  constructor(
    private readonly reading: Reading,
    firstLimit: number,
    private readonly levels: Levels,
    private readonly othersPlanned: number,
    private readonly show: (known: Known, untilMs: number) => Promise<void>,
  ) {
    const { limits } = reading;
    this.nextRows = limits.rowsUnder(firstLimit);
    this.rowsMax = limits.rowsUnder(limits.max);
  }

  /** Looks where it is time to. */
  async pause(): Promise<void> {
    const { reading, rowsMax } = this;
    const { rowsRead, control } = reading;
    if (rowsRead < this.nextRows || rowsRead >= rowsMax) return;
    this.nextRows = 2 * rowsRead;
    if (this.isUntimely() || this.isTooEarly()) return;
    const startedMs = control.elapsedMs();
    const planned = [looksBetween(rowsRead, rowsMax), this.othersPlanned] as const;
    const known = await reading.lookAt(this.level ?? this.levels.offer(...planned));
    if (this.level !== null || !this.waits(this.doublingsUntilFirst(known))) {
      const untilMs = this.level === null ? this.firstUntilMs() : Number.POSITIVE_INFINITY;
      this.level ??= this.levels.take(...planned);
      await this.show(known, untilMs);
    }
    this.tookMs = control.elapsedMs() - startedMs;
  }

  /** A first look does not wait for the last of thousands of intervals: the next look has them. */
  private firstUntilMs(): number {
    const { control } = this.reading;
    const isAwaited = (control.options.refineAfterMs ?? 0) === 0;
    return isAwaited
      ? Math.max(firstIntervalsMs, lateIntervals * control.elapsedMs())
      : Number.POSITIVE_INFINITY;
  }

  /** For a first look, as the rows of the groups tell: to meet thousands of groups takes longer than to count their rows. */
  private isTooEarly(): boolean {
    if (this.level !== null) return false;
    const least = this.reading.leastMatched(this.outOfReach);
    if (least === null) return false;
    return this.waits(
      least === Number.POSITIVE_INFINITY ? this.doublingsUntilTime : this.doublingsUntil(least),
    );
  }

  /** Puts the next look off. @returns false where there is no need to */
  private waits(doublings: number): boolean {
    if (doublings > 0) this.nextRows = this.reading.rowsRead * 2 ** doublings;
    return doublings > 0;
  }

  /** It is too early; or looks would take most of the time, or what is left of it. */
  private isUntimely(): boolean {
    const { control } = this.reading;
    const [elapsedMs, remainingMs] = [control.elapsedMs(), control.remainingMs()];
    if (elapsedMs < (control.options.refineAfterMs ?? 0)) return true;
    if (this.level === null && elapsedMs > remainingMs) return true;
    return this.tookMs > Math.min(Math.max(patienceMs, elapsedMs / 2), remainingMs / 10);
  }

  /**
   * How often the rows must double before a first look makes sense: until every group that the answer shows can have enough matches,
   * unless it cannot have so many in all of the sample; or until it is time. To try at each doubling would take longer than to read
   * where groups are many.
   */
  private doublingsUntilFirst({ estimator, chosen: { shown } }: Known): number {
    const supports = itemsOf(shown)
      .map(({ group }) => estimator.leastSupport(group))
      .filter((support) => support >= this.outOfReach);
    if (shown.length === 0) return Math.max(1, this.doublingsUntilTime);
    if (supports.length === 0) return this.doublingsUntilTime;
    return this.doublingsUntil(supports.reduce((a, b) => Math.min(a, b)));
  }

  /** The same for the least support of a group that is within reach; infinite where all are exact. */
  private doublingsUntil(least: number): number {
    if (least >= pilotSupportMin) return 0;
    // Chance may have left it a standard error short of what it should have.
    const wanted = Math.floor(Math.log2(pilotSupportMin / (Math.sqrt(least) + 1) ** 2));
    return Math.min(this.doublingsUntilTime, Math.max(1, wanted));
  }

  private get doublingsUntilTime(): number {
    return Math.max(0, Math.ceil(Math.log2((waitShare * this.rowsMax) / this.reading.rowsRead)));
  }

  /** A group with fewer matches by now cannot have enough in all of the sample. */
  private get outOfReach(): number {
    return (pilotSupportMin * this.reading.rowsRead) / this.rowsMax;
  }
}
