import type { Worker } from 'node:worker_threads';
import type { SampleEntry } from '../../catalog/index.ts';
import { QueryError } from '../../common/index.ts';
import type { Sample } from '../../samples/index.ts';
import type {
  Answered,
  FromStatementThread,
  NoAnswer,
  Question,
  ThreadAnswer,
  ToStatementThread,
} from './messages.ts';

/** A thread that has said nothing for so long, milliseconds, has stalled: it is ended. While it is at work it says so each second. */
const stallMs = 5000;
/** How long a thread may take to end, milliseconds. */
const endMs = 1000;
/** Before V8 has optimised its code a thread takes many times as long: nobody waits for its first answers. */
const rehearsals = 64;

/** Does something after so many milliseconds. @returns calls it off */
export type After = (delayMs: number, work: () => void) => () => void;

/** A sample that a statement may read, open. */
export interface Candidate {
  readonly entry: SampleEntry;
  readonly sample: Sample;
}

interface Job {
  readonly settle: (answer: ThreadAnswer | NoAnswer) => void;
  readonly fail: (error: Error) => void;
}

/** One thread that answers statements, as the thread that lends it samples sees it. */
export class ThreadHandle {
  private isReady = false;
  private answers = 0;
  private nextJob = 1;
  private readonly jobs = new Map<number, Job>();
  /** Samples that it has, by id, each with the names of the columns that it has of it. */
  private readonly lent = new Map<number, { readonly sample: Sample; readonly columns: Set<string> }>();
  /** Calls off the watch over it; null: it has nothing to do. */
  private unwatch: (() => void) | null = null;
  /** It has said something since the watch began. */
  private isHeard = false;

  /** @param onAnswer hears of each answer @param onExit hears when the thread has ended, whatever it was at */
  constructor(
    private readonly worker: Worker,
    private readonly after: After,
    private readonly onAnswer: () => void,
    onExit: () => void,
  ) {
    // What waits for an answer keeps the process; a thread alone does not.
    worker.unref();
    worker.on('message', (message: FromStatementThread) => this.hear(message));
    // Why it ended does not matter: its statements are answered elsewhere.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.isReady = false;
      this.unwatch?.();
      for (const job of this.jobs.values()) job.settle('not-now');
      this.jobs.clear();
      onExit();
    });
  }

  /** Statements that it has, infinite where it takes none. */
  get load(): number {
    return this.isReady && this.answers >= rehearsals ? this.jobs.size : Number.POSITIVE_INFINITY;
  }

  /** It has nothing to do, and is to answer what others answer too: nobody waits for it. */
  get mayRehearse(): boolean {
    return this.isReady && this.answers < rehearsals && this.jobs.size === 0;
  }

  /**
   * Has it answer a statement.
   * @param candidates the samples that it may read; they stay open for as long
   * @throws QueryError CLOSED
   */
  async answer(
    question: Question,
    candidates: readonly Candidate[],
    signal: AbortSignal | undefined,
  ): Promise<ThreadAnswer | NoAnswer> {
    for (const candidate of candidates) this.lend(candidate);
    const job = this.nextJob++;
    const cancel = (): void => this.tell({ kind: 'cancel', job });
    signal?.addEventListener('abort', cancel);
    try {
      return await new Promise<ThreadAnswer | NoAnswer>((settle, fail) => {
        this.jobs.set(job, { settle, fail });
        if (this.jobs.size === 1) this.begin();
        this.tell({ kind: 'answer', job, question });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** No new statement reads the sample. */
  takeBack(id: number): void {
    if (this.lent.delete(id)) this.tell({ kind: 'take-back', sample: id });
  }

  /** Memory of samples that were taken back is to be given back. */
  collectGarbage(): void {
    this.tell({ kind: 'collect-garbage' });
  }

  /** Ends the thread; what it is at fails. */
  async close(): Promise<void> {
    const error = new QueryError('CLOSED', 'the engine is closed');
    for (const job of this.jobs.values()) job.fail(error);
    this.jobs.clear();
    const { worker } = this;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    const callOff = this.after(this.isReady ? endMs : 0, () => void worker.terminate());
    this.tell({ kind: 'end' });
    await ended;
    callOff();
  }

  private hear(message: FromStatementThread): void {
    this.isHeard = true;
    switch (message.kind) {
      case 'ready':
        this.isReady = true;
        break;
      case 'alive':
        break;
      case 'load':
        void this.loadFor(message);
        break;
      case 'answered':
        for (const each of message.answers) this.settle(each);
        if (this.jobs.size === 0) this.rest();
    }
  }

  private settle({ job, answer }: Answered): void {
    const asked = this.jobs.get(job);
    this.jobs.delete(job);
    this.answers++;
    this.onAnswer();
    asked?.settle(answer);
  }

  private begin(): void {
    this.worker.ref();
    this.watch();
  }

  private rest(): void {
    this.worker.unref();
    this.unwatch?.();
    this.unwatch = null;
  }

  private watch(): void {
    this.isHeard = false;
    this.unwatch = this.after(stallMs, () => {
      if (this.isHeard) this.watch();
      else void this.worker.terminate();
    });
  }

  private lend({ entry: { id }, sample }: Candidate): void {
    if (this.lent.has(id)) return;
    this.lent.set(id, { sample, columns: new Set() });
    const { strata, keys, unitSizes, unitPopulation, rows, blockRows, columns } = sample;
    const lent = { id, strata, keys, unitSizes, unitPopulation, rows, blockRows, columns };
    this.tell({ kind: 'lend', sample: lent });
  }

  private async loadFor({
    sample: id,
    name,
    rows,
  }: Extract<FromStatementThread, { kind: 'load' }>): Promise<void> {
    const known = this.lent.get(id);
    // What goes wrong is said where the statement is answered then.
    const column = (await known?.sample.load(name, rows).catch(() => null)) ?? null;
    if (known === undefined || column === null || this.lent.get(id) !== known) {
      this.tell({ kind: 'loaded', sample: id, name, column: null, rows: null });
      return;
    }
    const { sample, columns } = known;
    const isNew = !columns.has(name);
    columns.add(name);
    const there = sample.bytesToLoad(name, sample.rows) === 0 ? sample.rows : rows;
    this.tell({ kind: 'loaded', sample: id, name, column: isNew ? column : null, rows: there });
  }

  private tell(message: ToStatementThread): void {
    this.worker.postMessage(message, []);
  }
}
