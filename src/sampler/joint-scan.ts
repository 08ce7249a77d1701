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

/** Somebody who waits for rows. */
interface Waiting {
  readonly request: RowRequest;
  readonly resolve: (rows: ScannedRows) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The scans of builds of one table that go on at the same time. Strata are scanned one after the other, the rows of all samples in a single
 * scan, which waits until each build has asked for its own or needs none; and builds without strata have the table's totals from the
 * strata of another, where these tell them.
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

  /** @param control of the scan for rows, which is nobody's own */
  constructor(
    private readonly scan: BuildScan,
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
      if (--this.missing === 0) this.pick();
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

  /** Picks the rows of all that wait for some. */
  private pick(): void {
    const waiting = this.waiting.splice(0);
    if (waiting.length === 0) return;
    this.scan.scanRows(waiting.map(({ request }) => request), this.control).then(
      (rows) => waiting.forEach(({ resolve }, place) => resolve(rows[place]!)), // one a request
      (error: unknown) => waiting.forEach(({ reject }) => reject(error)),
    ); // prettier-ignore
  }
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
