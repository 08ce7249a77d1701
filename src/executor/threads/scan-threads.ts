import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { QueryError } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import { KnownPrograms } from './known-programs.ts';
import type { FromThread } from './messages.ts';
import { ScanJob, type TakeShare } from './scan-job.ts';
import type { Share } from './share.ts';
import { SideReader, SideReadings } from './side-readers.ts';
import type { TaskFault, TaskFaults } from './task-faults.ts';

/** Shares that a thread has at once: one that it reads, and one that it need not wait for. */
const sharesAhead = 2;
/** When so many threads have ended without having read anything between, no more are started. */
const deathsMax = 8;

/** A thread that takes so long for a share, milliseconds, has stalled: it is ended, and others read what it had. */
const stallMs = 5000;

/** The same for a share that nobody waits for any more: a thread that is well stops at once. */
const stopMs = 500;

/** Does something after so many milliseconds. @returns calls it off */
export type After = (delayMs: number, work: () => void) => () => void;

/** A thread, and what it has to do. */
interface ThreadState {
  readonly worker: Worker;
  isReady: boolean;
  readonly side: SideReader;
  /** Numbers of the programs that it has. */
  readonly programs: Set<number>;
  readonly shares: { readonly job: ScanJob; readonly share: number }[];
  /** See {@link ToThread}: shared with it. */
  readonly begun: Int32Array;
  /** Shares that it has answered. */
  answered: number;
  /** Calls off the watch over the first of its shares. */
  unwatch: () => void;
}

/**
 * Reading is handed to threads when so many rows were read without them, and the rest is predicted to take so long. What was read before
 * takes them less time, since the code is there: from `againMs` on they read beside whoever asks. They start so long after they are first
 * asked for: a process that ends with its first short answer does better without.
 */
export interface ThreadsWorth {
  readonly rows: number;
  readonly ms: number;
  readonly againMs: number;
  readonly startAfterMs: number;
}

const always: ThreadsWorth = { rows: 0, ms: 0, againMs: 0, startAfterMs: 0 };

/** Threads that read samples, for all scans of an engine. They are started when they are first asked for. */
export class ScanThreads {
  private readonly threads = new Set<ThreadState>();
  /** Jobs with shares to read, in the order of their turns. */
  private readonly waiting: ScanJob[] = [];
  private readonly jobs = new Map<number, ScanJob>();
  private readonly known = new KnownPrograms((number) => this.forget(number));
  /** Readings of this thread with others beside it. */
  readonly beside = new SideReadings();
  private nextJob = 1;
  private deaths = 0;
  /** Calls off the first start; null: they are not asked for yet. */
  private callOff: (() => void) | null = null;
  private mayStart = false;
  private isClosed = false;

  /**
   * @param count of threads
   * @param start starts one
   * @param faults what is planted
   * @param worth when reading should be handed to them
   */
  constructor(
    readonly count: number,
    private readonly start: () => Worker,
    private readonly after: After,
    readonly faults: TaskFaults | null = null,
    readonly worth: ThreadsWorth = always,
  ) {}

  /** Whether there is a thread that reads. Where none does yet, some are started: others read meanwhile. */
  get isReady(): boolean {
    if (this.isClosed || this.count < 2) return false;
    if (this.mayStart) this.startMissing();
    else this.startLater();
    for (const thread of this.threads) if (thread.isReady && !this.isLate(thread)) return true;
    return false;
  }

  /** It has not stopped yet with what nobody waits for: it may have stalled. */
  private isLate({ shares: [first] }: ThreadState): boolean {
    return first !== undefined && !this.jobs.has(first.job.id);
  }

  /** Starts all threads. @returns when they are ready */
  async prewarm(): Promise<void> {
    this.mayStart = true;
    this.startMissing();
    const starting = [...this.threads].filter(({ isReady }) => !isReady);
    await Promise.all(starting.map(({ worker }) => once(worker, 'online')));
  }

  /** Opens a job for a scan. It is to be released. @param owner what the program's columns belong to, see {@link letGo} */
  open(program: ScanProgram, owner: object, take: TakeShare): ScanJob {
    this.known.open(program, owner);
    const job: ScanJob = new ScanJob(this.nextJob++, program, take, () => {
      if (!this.waiting.includes(job)) this.waiting.push(job);
      this.handOut();
    });
    this.jobs.set(job.id, job);
    return job;
  }

  /** Forgets a job whose shares are settled, or that nobody waits for. */
  release(job: ScanJob): void {
    this.jobs.delete(job.id);
    for (const thread of this.threads) if (thread.shares[0]?.job === job) this.watch(thread);
    this.known.close(job.program);
  }

  /** Columns of an owner are let go of: threads keep none of them any longer. */
  letGo(owner: object): void {
    this.known.letGo(owner);
  }

  /** Memory that was let go of is to be given back. */
  collectGarbage(): void {
    for (const { side } of this.threads) side.tell({ kind: 'collect-garbage' });
  }

  private forget(number: number): void {
    for (const { programs, side } of this.threads) {
      side.forget(number);
      if (programs.delete(number)) side.tell({ kind: 'forget', number });
    }
  }

  /** Ends all threads; what is still being read fails. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.callOff?.();
    for (const job of this.jobs.values()) job.fail(new QueryError('CLOSED', 'the engine is closed'));
    const ending = [...this.threads].map(({ worker }) => worker.terminate());
    await Promise.all(ending);
  }

  private startLater(): void {
    const { startAfterMs } = this.worth;
    const start = (): void => {
      this.mayStart = true;
      this.startMissing();
    };
    if (startAfterMs === 0) start();
    else this.callOff ??= this.after(startAfterMs, start);
  }

  private startMissing(): void {
    while (this.threads.size < this.count && this.deaths < deathsMax && !this.isClosed) this.startOne();
  }

  private startOne(): void {
    const worker = this.start();
    worker.unref();
    const thread: ThreadState = {
      worker,
      side: new SideReader(worker),
      isReady: false,
      programs: new Set(),
      shares: [],
      begun: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
      answered: 0,
      unwatch: () => undefined,
    };
    this.threads.add(thread);
    worker.on('online', () => {
      thread.isReady = true;
      this.handOut();
    });
    worker.on('message', (answer: FromThread) => {
      this.deaths = 0;
      thread.answered++;
      const place = thread.shares.findIndex(
        ({ job, share }) => job.id === answer.job && share === answer.share,
      );
      const [{ job }] = thread.shares.splice(place, 1) as [(typeof thread.shares)[number]]; // it was handed out to this thread
      this.watch(thread);
      job.answer(answer);
      this.handOut();
    });
    // Why it ended does not matter: its shares are read by others.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.threads.delete(thread);
      thread.unwatch();
      this.deaths++;
      // Where one after the other ends and none answers between, it is the threads, not what they read.
      const cause = this.deaths > this.count ? 'unread' : 'failed';
      const isReading = Atomics.load(thread.begun, 0) > thread.answered;
      for (const [place, { job, share }] of thread.shares.splice(0).entries()) {
        if (place === 0 && isReading) job.lose(share, cause);
        else job.giveBack(share);
      }
      if (this.deaths < deathsMax) this.startMissing();
      else if (this.threads.size === 0) for (const job of this.jobs.values()) job.leaveOpen();
    });
  }

  /** Gives threads that have nothing to do something first, then all something to go on with. */
  private handOut(): void {
    for (let ahead = 0; ahead < sharesAhead; ahead++) {
      for (const thread of this.threads) {
        if (!thread.isReady || this.isLate(thread) || thread.shares.length > ahead) continue;
        const job = this.nextTurn();
        if (job === null) return;
        this.give(thread, job);
      }
    }
  }

  /** A job with a share to read; jobs take turns. */
  private nextTurn(): ScanJob | null {
    for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) {
      if (!job.hasOpenShares) continue;
      this.waiting.push(job);
      return job;
    }
    return null;
  }

  private give(thread: ThreadState, job: ScanJob): void {
    const { side, shares, begun } = thread;
    const { id, program, stopFlag: stop } = job;
    const number = this.tellProgram(thread, program);
    const { id: share, tasks, tries } = job.handOut();
    const fault = this.faultOf(tasks, tries);
    if (fault?.kind === 'unreadable') {
      queueMicrotask(() => job.lose(share, 'unreadable'));
      return;
    }
    shares.push({ job, share });
    side.tell({ kind: 'share', job: id, share, program: number, stop, tasks, begun, fault });
    if (shares.length === 1) this.watch(thread);
  }

  /** There is something to read beside this thread in a moment. */
  rouse(): void {
    for (const { side } of this.besideThis()) side.rouse();
  }

  /** Always the same, whose code is hot: so many that a core is left for this thread. */
  private besideThis(): ThreadState[] {
    return [...this.threads].slice(0, this.count - 1);
  }

  /** Threads that have nothing to do, told of the program: so many that a core is left for whoever they are to read with. */
  idleWith(program: ScanProgram, owner: object): { number: number; readers: readonly SideReader[] } {
    const readers: SideReader[] = [];
    this.known.open(program, owner);
    for (const thread of this.besideThis()) {
      const { isReady, shares, side } = thread;
      if (!isReady || shares.length > 0 || !side.isIdle) continue;
      this.tellProgram(thread, program);
      readers.push(side);
    }
    this.known.close(program);
    return { number: this.known.numberOf(program), readers };
  }

  /** @returns its number */
  private tellProgram({ side, programs }: ThreadState, program: ScanProgram): number {
    const number = this.known.numberOf(program);
    if (!programs.has(number))
      side.tell({ kind: 'program', number, program, columns: this.known.columnsOf(program) });
    programs.add(number);
    return number;
  }

  private faultOf(tasks: Share, tries: number): TaskFault | null {
    if (this.faults === null) return null;
    const planted = tasks.map((task) => this.faults?.faultOf(task, tries) ?? null);
    return planted.find((fault) => fault !== null) ?? null;
  }

  /** Watches over the share that the thread is reading now. */
  private watch(thread: ThreadState): void {
    thread.unwatch();
    if (thread.shares.length === 0) return;
    const patienceMs = this.isLate(thread) ? stopMs : stallMs;
    thread.unwatch = this.after(patienceMs, () => void thread.worker.terminate());
  }
}
