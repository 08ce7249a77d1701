import { strataColumnsOf } from '../catalog/index.ts';
import { withPauses } from '../common/index.ts';
import {
  type BuildScan,
  type Control,
  pauseOf,
  type RowRequest,
  type ScannedRows,
  type ScannedStrata,
  type StrataOutline,
} from '../sources/index.ts';
import type { DrawRequest } from './build-sample.ts';
import { wholeTotals } from './whole-totals.ts';

/** Strata of fewer rows are not worth it: to read a stratum's totals, check them and add them up takes as long as to scan some 250. */
export const rowsOfStratum = 512;

/** What is known of strata, and what will be. */
interface Told {
  readonly outline: StrataOutline;
  readonly strata: Promise<ScannedStrata>;
}

/** Rows that are picked at once, about: all of them are in memory, twice for a while. */
const rowsAtOnce = 2 ** 23;

/** Somebody who waits for rows. */
interface Waiting {
  readonly request: RowRequest;
  readonly resolve: (rows: ScannedRows) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The scans of builds of one table that go on at the same time. Strata are scanned one after the other; the rows of all samples in a single
 * scan, or a few where they are many, when each build has asked for its own or needs none; and builds without strata have the table's
 * totals from the strata of another, where these tell them.
 */
export class JointScan {
  private readonly waiting: Waiting[] = [];
  /** Builds that have not asked for rows yet. */
  private missing = 0;
  /** Builds that have not told of their strata yet. */
  private silent = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private tell!: (told: Told | null) => void;
  /** Strata to add the table's totals up from; null: there are none. */
  private readonly told = new Promise<Told | null>((resolve) => (this.tell = resolve));

  /** @param tableRows of the whole table @param control of the scan for rows, which is nobody's own */
  constructor(
    private readonly scan: BuildScan,
    private readonly tableRows: number,
    private readonly control: Control,
  ) {}

  /** The scan as one of the builds has it. All builds take theirs before the first begins, and close it when they end, well or not. */
  part({ method, outliersOf = [] }: Pick<DrawRequest, 'method' | 'outliersOf'>): BuildScan {
    const { scan } = this;
    const hasStrata = method.kind !== 'universe' && strataColumnsOf(method).length + outliersOf.length > 0;
    if (hasStrata) this.silent++;
    const spoke = once(() => {
      if (hasStrata && --this.silent === 0) this.tell(null);
    });
    this.missing++;
    const asked = once(() => {
      if (--this.missing === 0) void this.pick(); // whoever waits hears of what goes wrong
    });
    if (method.kind === 'universe') asked(); // a scan of its own finds its rows
    return {
      scanSizes: (keys, control) => scan.scanSizes(keys, control),
      scanMagnitudes: (column, control) => scan.scanMagnitudes(column, control),
      scanStrata: (keys, control, outliers = [], onOutline = () => undefined) => {
        if (keys.length + outliers.length > 0)
          return this.inTurn(() => this.strata([keys, control, outliers, onOutline])).finally(spoke);
        spoke(); // where outliers were asked for, no column has any
        return this.wholeTable(control, onOutline);
      },
      scanRows: async ([request], control) => [await this.rows(request!, control, asked)], // a build asks for one sample
      scanKeys: (request, control) => this.inTurn(() => scan.scanKeys(request, control)),
      close: () => {
        spoke();
        asked();
      },
    };
  }

  /** Does something when what was asked for before has been done. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private strata([keys, control, outliers, onOutline]: Required<
    Parameters<BuildScan['scanStrata']>
  >): Promise<ScannedStrata> {
    const strata: Promise<ScannedStrata> = this.scan.scanStrata(keys, control, outliers, (outline) => {
      this.tellOf({ outline, strata });
      onOutline(outline);
    });
    return strata.then((scanned) => {
      this.tellOf({ outline: scanned, strata });
      return scanned;
    });
  }

  private tellOf(told: Told): void {
    const { count, population } = told.outline;
    if (count > 0 && count * rowsOfStratum <= sumOf(population)) this.tell(told);
  }

  /** The totals of the table, from the strata of another build where there are any. */
  private async wholeTable(
    control: Control,
    onOutline: (outline: StrataOutline) => void,
  ): Promise<ScannedStrata> {
    if (this.silent === 0) this.tell(null); // which nobody hears where there is something to tell
    const told = await this.told;
    if (told === null) return await this.inTurn(() => this.scan.scanStrata([], control, [], onOutline));
    onOutline(wholeOutline(told.outline));
    const strata = await told.strata.catch(() => null); // its own build says what went wrong
    const whole = strata === null ? null : await withPauses(addedUp(strata), pauseOf(control));
    return whole ?? (await this.inTurn(() => this.scan.scanStrata([], control)));
  }

  private rows(request: RowRequest, { signal }: Control, asked: () => void): Promise<ScannedRows> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.waiting.push({ request, resolve, reject });
      asked();
    });
  }

  /** Picks the rows of all that wait for some. While those of a scan are put in order and written, the next one may be under way. */
  private async pick(): Promise<void> {
    for (let rest = this.waiting.splice(0); rest.length > 0;) {
      const together = rest.splice(0, this.atOnce(rest));
      try {
        const rows = await this.scan.scanRows(together.map(({ request }) => request), this.control); // prettier-ignore
        for (const [place, { resolve }] of together.entries()) resolve(rows[place]!); // one a request
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
  }

  /** How many of those who wait, one at least, may have their rows from the same scan. */
  private atOnce(waiting: readonly Waiting[]): number {
    let rows = 0;
    const further = waiting.findIndex(({ request }, place) => {
      rows += expectedRows(request, this.tableRows);
      return place > 0 && rows > rowsAtOnce;
    });
    return further < 0 ? waiting.length : further;
  }
}

/** The rows that will come, about: those that must, and of a stratum that a share is asked of, which is most of the table, that share. */
function expectedRows({ thresholds, atLeast }: RowRequest, tableRows: number): number {
  let share = 0;
  for (const [stratum, least] of atLeast.entries())
    if (least === 0) share = Math.max(share, thresholds[stratum]!); // one a stratum
  return sumOf(atLeast) + share * tableRows;
}

/** Does something the first time that it is called. */
function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

const addedUp = ({ columns, ...strata }: ScannedStrata): ReturnType<typeof wholeTotals> =>
  wholeTotals(
    { ...strata, statistics: new Map(columns.map((own) => [own.column.name, own])) },
    columns.map(({ column }) => column),
  );

/** What is known of a table before its totals are, from the same of its strata. */
function wholeOutline({ population, columns }: StrataOutline): StrataOutline {
  return {
    count: 1,
    takeAll: null,
    population: Float64Array.of(sumOf(population)),
    keys: [],
    columns: columns.map(({ column, nonFinite, low, high }) => ({
      column,
      nonFinite: Float64Array.of(sumOf(nonFinite)),
      low: Float64Array.of(extreme(low, Math.min)),
      high: Float64Array.of(extreme(high, Math.max)),
    })),
  };
}

/** The least or greatest of the numbers that there are; NaN: there are none. */
const extreme = (ends: Float64Array, of: (a: number, b: number) => number): number =>
  ends.reduce((all, end) => (Number.isNaN(all) ? end : Number.isNaN(end) ? all : of(all, end)), Number.NaN);
