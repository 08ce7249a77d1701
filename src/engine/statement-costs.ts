import { createHash } from 'node:crypto';
import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { rowsWithin, type ZoneColumn, type ZoneRange } from '../common/index.ts';
import {
  type BoundExpression,
  type BoundQuery,
  columnsRead,
  type ColumnValue,
  rangeWhere,
} from '../plan/index.ts';
import type { SelectPlan } from '../planner/index.ts';
import type { Profile } from './profile.ts';
import { SampleCosts, type SampleWork, type Turn } from './sample-costs.ts';

/** Values of text weigh more than numbers. */
const textWeight = 3;
/** What starting the source takes where nobody has asked it yet, milliseconds. */
const sourceStartMs = 150;
/** The exact answer must be predicted so much faster than the rest of a sample's, as a factor and in milliseconds: predictions err. */
const advantage = 2;
const advantageMs = 25;
/** Of the time until a deadline, the exact answer may be predicted to take at most this share. */
const deadlineShare = 0.5;
/** A device that works answers within so many milliseconds: it is waited for as long, though the deadline be shorter. */
const deviceMinMs = 100;

/** What the answers to one statement should cost, by what statements of its shape and others have cost. */
export class StatementCosts {
  private readonly known: KnownPlan;
  /** The source is asked where it is faster: under an error bound, unless ON MISS says that nobody wants it to be. */
  readonly mayGoExact: boolean;

  /**
   * @param shape of the statement's text
   * @param tables of the catalog that the statement was planned for
   * @param lessons how often this process had learned of tails by then
   */
  constructor(
    private readonly profile: Profile,
    shape: string,
    private readonly plan: Pick<SelectPlan, 'query' | 'bounds' | 'sampledTable'>,
    tables: readonly TableEntry[],
    private readonly lessons: number,
    private isSourceCold: boolean,
  ) {
    const { query, bounds, sampledTable } = plan;
    this.mayGoExact = sampledTable === null && bounds.error !== null && bounds.onMiss === 'exact';
    this.known = knownOf.get(plan) ?? {
      exactSize: exactSizeOf(query, tables),
      key: keyOf(shape),
      overSamples: new Map(),
      miss: null,
    };
    knownOf.set(plan, this.known);
  }

  /** What an answer from a sample costs in its turn. */
  over({ name }: SampleEntry, turn: Turn): SampleCosts {
    const { key, overSamples } = this.known;
    const shape = overSamples.get(name) ?? `${key} ${name}`;
    overSamples.set(name, shape);
    return new SampleCosts(this.profile, shape, turn);
  }

  /** Time for the exact answer, milliseconds. @param learns tails are learned beside it */
  exactMs(learns = false): number {
    return (
      this.profile.predictMs(learns ? 'learn' : 'exact', this.known.key, this.known.exactSize) +
      (this.isSourceCold ? sourceStartMs : 0)
    );
  }

  /**
   * How long the device of a sample may be waited for before there is anything to answer from: where the source may be in time, it
   * has its share behind that.
   * @param spareMs of a deadline
   */
  deviceMs(spareMs: number): number {
    // Without a deadline nothing is to be predicted, and predicting the first time takes a while.
    if (spareMs === Number.POSITIVE_INFINITY) return spareMs;
    const maySourceAnswer = this.plan.sampledTable === null && this.exactMs() < spareMs * deadlineShare;
    return Math.max(deviceMinMs, maySourceAnswer ? spareMs * (1 - deadlineShare) : spareMs);
  }

  /**
   * Whether the source should give the exact answer before the sample gives its own.
   * @param done of the work that the sample's answer takes
   * @param remainingMs until the deadline
   */
  isExactFaster(sample: SampleCosts, all: SampleWork, done: SampleWork, remainingMs: number): boolean {
    if (!this.mayGoExact) return false;
    const exactMs = this.exactMs();
    return (
      exactMs * advantage + advantageMs < sample.restMs(all, done) && exactMs < remainingMs * deadlineShare
    );
  }

  /** No sample keeps the bound, whatever is read of it. @param why in words */
  noteMiss(why: string): void {
    this.known.miss = { lessons: this.lessons, why };
  }

  /**
   * Why no sample keeps the bound, as it was found before; null: nobody knows. The same statement reads the same rows of the same samples,
   * so that it would find the same again, as long as nothing was learned since.
   */
  get knownMiss(): string | null {
    const { miss } = this.known;
    return miss?.lessons === this.lessons ? miss.why : null;
  }

  /** @param learns see {@link exactMs} */
  learnExact(elapsedMs: number, learns = false): void {
    // The source's start is no part of what the next answer will take.
    if (!this.isSourceCold)
      this.profile.learn(learns ? 'learn' : 'exact', this.known.key, this.known.exactSize, elapsedMs);
    this.isSourceCold = false;
  }
}

/** What hangs on a plan alone. */
interface KnownPlan {
  readonly exactSize: number;
  readonly key: string;
  /** Shapes by the names of samples: one text each, which maps find faster than one that was just made. */
  readonly overSamples: Map<string, string>;
  /** See {@link StatementCosts.noteMiss}, and after how many lessons it was found. */
  miss: { readonly lessons: number; readonly why: string } | null;
}

/** By the plan, which is for one state of the catalog: row groups may be many, and statements are asked again. */
const knownOf = new WeakMap<object, KnownPlan>();

/** Values that the source must read, as far as is known; those of text weigh more. */
function exactSizeOf(query: BoundQuery, tables: readonly TableEntry[]): number {
  return columnsRead(query).reduce((sum, { table, columns }) => {
    const found = tables.find(({ name }) => name === table);
    const rows = found === undefined ? 0 : rowsScanned(found, columns, conditionsOf(query));
    const weights = columns.map(({ type }) => (type.kind === 'varchar' ? textWeight : 1));
    return sum + rows * weights.reduce<number>((a, b) => a + b, 1);
  }, 1);
}

/** What rows of the one table of a query must fulfil; nothing of queries over several. */
function conditionsOf({ body }: BoundQuery): readonly BoundExpression[] {
  return body.kind === 'select' && body.from?.kind === 'table' && body.where !== null ? [body.where] : [];
}

/** Rows that the source cannot leave out: those of row groups in which the conditions may be true. */
function rowsScanned(
  { files }: TableEntry,
  columns: readonly ColumnValue[],
  conditions: readonly BoundExpression[],
): number {
  const soughtIn = ({ name, low, high }: ZoneColumn): ZoneRange | null => {
    const column = columns.find((each) => each.name === name);
    // Most columns are not asked for, and their row groups are many.
    if (column === undefined) return null;
    const whole = { low: Math.min(...low), high: Math.max(...high) };
    return rangeWhere(conditions, () => whole)(column);
  };
  return files.reduce(
    (sum, { rows, zones }) => sum + (zones === null ? rows : rowsWithin(zones, soughtIn)),
    0,
  );
}

/** A short text for a shape: statements may be long. */
function keyOf(shape: string): string {
  return createHash('sha256').update(shape).digest('hex').slice(0, 16);
}
