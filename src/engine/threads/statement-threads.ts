import type { Worker } from 'node:worker_threads';
import type { Question, ThreadAnswer } from './messages.ts';
import { type After, type Candidate, ThreadHandle } from './thread-handle.ts';

/** Threads are started when so many statements had others beside them: a short-lived process does better without. */
const wantedMin = 16;
/** When so many threads have ended without an answer between, no more are started. */
const deathsMax = 8;
/** Shapes of statements that threads gave back: so many are remembered, and tried again behind so many others, then twice as many. */
const givenBackMax = 256;
const againAfter = 1024;

/**
 * Threads that answer statements from samples, whole: planning, reading, estimating. Where statements wait for each other, the engine's
 * own thread would be the limit; it opens samples and loads columns, and the memory of these is lent.
 */
export class StatementThreads {
  private readonly threads = new Set<ThreadHandle>();
  /** By shape behind which statement it is tried again, and how many these are from when it was given back. */
  private readonly givenBack = new Map<string, { readonly until: number; readonly wait: number }>();
  /** Statements that had others beside them. */
  private wanted = 0;
  private deaths = 0;
  private isClosed = false;

  /**
   * @param count of threads
   * @param start starts one
   */
  constructor(
    private readonly count: number,
    private readonly start: () => Worker,
    private readonly after: After,
  ) {}

  /** Whether a thread could answer or rehearse a statement now. Where there are none, some may be started. @param shape of its text */
  mayTake(shape: string): boolean {
    if (++this.wanted >= wantedMin) this.prewarm();
    if ((this.givenBack.get(shape)?.until ?? 0) > this.wanted) return false;
    return this.idlest() !== null || this.rehearsing() !== null;
  }

  /**
   * As {@link ThreadHandle.answer}, by the thread with the fewest statements; one that is new rehearses it.
   * @param shape of the statement's text
   * @returns null where it is not answered
   */
  async answer(
    question: Question,
    shape: string,
    candidates: readonly Candidate[],
    signal: AbortSignal | undefined,
  ): Promise<ThreadAnswer | null> {
    const ask = async (thread: ThreadHandle | null): Promise<ThreadAnswer | null> => {
      const answer = (await thread?.answer(question, candidates, signal)) ?? 'not-now';
      if (answer === 'unfit' && signal?.aborted !== true) this.remember(shape);
      return typeof answer === 'string' ? null : answer;
    };
    void ask(this.rehearsing()).catch(() => null);
    return await ask(this.idlest());
  }

  /** No new statement reads the sample. */
  takeBack(id: number): void {
    for (const thread of this.threads) thread.takeBack(id);
  }

  /** Memory of samples that were taken back is to be given back. */
  collectGarbage(): void {
    for (const thread of this.threads) thread.collectGarbage();
  }

  /** Starts the threads that there are to be: one thread alone would gain nothing. */
  prewarm(): void {
    if (this.count < 2) return;
    while (this.threads.size < this.count && this.deaths < deathsMax && !this.isClosed) this.startOne();
  }

  /** Ends all threads; what they are at fails. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.threads].map((thread) => thread.close()));
  }

  /** The one with the fewest statements; null: none takes any. */
  private idlest(): ThreadHandle | null {
    let found: ThreadHandle | null = null;
    for (const thread of this.threads)
      if (thread.load < (found?.load ?? Number.POSITIVE_INFINITY)) found = thread;
    return found;
  }

  /** A thread that is to rehearse the next statement; null: none is new, or idle. */
  private rehearsing(): ThreadHandle | null {
    for (const thread of this.threads) if (thread.mayRehearse) return thread;
    return null;
  }

  private remember(shape: string): void {
    const wait = 2 * (this.givenBack.get(shape)?.wait ?? againAfter / 2);
    this.givenBack.delete(shape);
    this.givenBack.set(shape, { until: this.wanted + wait, wait });
    if (this.givenBack.size > givenBackMax) this.givenBack.delete(this.givenBack.keys().next().value!); // not empty
  }

  private startOne(): void {
    const thread = new ThreadHandle(
      this.start(),
      this.after,
      () => (this.deaths = 0),
      () => {
        this.threads.delete(thread);
        this.deaths++;
      },
    );
    this.threads.add(thread);
  }
}
