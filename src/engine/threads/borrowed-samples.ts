import type { SampleEntry } from '../../catalog/index.ts';
import { type LoadedColumn, RunIndex, type Sample } from '../../samples/index.ts';
import type { RunControl } from '../run-control.ts';
import type { FromStatementThread, LentSample, ToStatementThread } from './messages.ts';
import { NotForThreads } from './not-for-threads.ts';

/** A column, and who waits for more of it. */
interface BorrowedColumn {
  column: LoadedColumn | null;
  /** Rows from the start that are there. */
  rows: number;
  waiting: { readonly rows: number; readonly settle: (isThere: boolean) => void }[];
}

/** Samples that the engine's own thread holds, as another thread sees them: their columns lie in memory that both have. */
export class BorrowedSamples {
  private readonly samples = new Map<number, BorrowedSample>();

  /** @param ask tells the thread that lends */
  constructor(private readonly ask: (message: FromStatementThread) => void) {}

  lend(sample: LentSample): void {
    this.samples.set(sample.id, new BorrowedSample(sample, this.ask));
  }

  /** Statements from now on do without it; those that read it have what was loaded. */
  takeBack(id: number): void {
    this.samples.get(id)?.end();
    this.samples.delete(id);
  }

  loaded({ sample, name, column, rows }: Extract<ToStatementThread, { kind: 'loaded' }>): void {
    this.samples.get(sample)?.loaded(name, column, rows);
  }

  /** @throws NotForThreads where it was not lent */
  get(entry: SampleEntry, control: RunControl): Promise<Sample> {
    const borrowed = this.samples.get(entry.id);
    if (borrowed === undefined) return Promise.reject(new NotForThreads(`the sample ${entry.name}`, true));
    const { sample } = borrowed;
    const load: Sample['load'] = (name, rows) =>
      control.loading(sample.bytesToLoad(name, rows), sample.load(name, rows));
    return Promise.resolve({ ...sample, load });
  }
}

class BorrowedSample {
  readonly sample: Sample;
  private isOver = false;
  private readonly columns = new Map<string, BorrowedColumn>();

  /** @param ask tells the thread that lends */
  constructor(
    private readonly lent: LentSample,
    private readonly ask: (message: FromStatementThread) => void,
  ) {
    this.sample = {
      ...lent,
      runs: new RunIndex(lent.strata.sampled, lent.strata.takeAll),
      load: (name, rows) => this.load(name, rows),
      readAhead: () => undefined,
      bytesToLoad: (name, rows) => this.bytesToLoad(name, rows),
      bytesLoaded: () => 0, // of its own
      unreadable: (reason) => new NotForThreads(reason),
      close: () => Promise.resolve(),
    };
  }

  /** Nothing more is loaded. */
  end(): void {
    this.isOver = true;
    for (const { waiting } of this.columns.values())
      for (const { settle } of waiting.splice(0)) settle(false);
  }

  /** @param rows null: they could not be loaded */
  loaded(name: string, column: LoadedColumn | null, rows: number | null): void {
    const state = this.stateOf(name);
    state.column ??= column;
    state.rows = Math.max(state.rows, rows ?? 0);
    const waiting = state.waiting.filter((each) => rows === null || each.rows <= state.rows);
    state.waiting = state.waiting.filter((each) => !waiting.includes(each));
    for (const { settle } of waiting) settle(rows !== null);
  }

  private async load(name: string, rows: number): Promise<LoadedColumn> {
    const state = this.stateOf(name);
    const wanted = Math.min(rows, this.lent.rows);
    if (state.column === null || state.rows < wanted) {
      const isThere = await new Promise<boolean>((settle) => {
        if (this.isOver) return settle(false);
        state.waiting.push({ rows: wanted, settle });
        this.ask({ kind: 'load', sample: this.lent.id, name, rows: wanted });
      });
      if (!isThere) throw new NotForThreads(`the column ${name}`, true);
    }
    return state.column!; // it comes with the first rows
  }

  private stateOf(name: string): BorrowedColumn {
    const known = this.columns.get(name) ?? { column: null, rows: 0, waiting: [] };
    this.columns.set(name, known);
    return known;
  }

  private bytesToLoad(name: string, rows: number): number {
    const { blockRows, columns, rows: all } = this.lent;
    const known = this.columns.get(name)?.rows ?? 0;
    const wanted = Math.min(rows, all);
    if (known >= wanted) return 0;
    const blocks = columns.find((each) => each.name === name)?.blocks ?? [];
    return blocks
      .slice(Math.floor(known / blockRows), Math.ceil(wanted / blockRows))
      .reduce((sum, { values, validity }) => sum + values.length + (validity?.length ?? 0), 0);
  }
}
