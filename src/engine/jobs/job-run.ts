import { jsonPieces, outgoing } from '../answer-pieces.ts';
import type { JobEnding, JobEntry } from '../../catalog/index.ts';
import { QueryError } from '../../common/index.ts';
import type { HeldLease } from '../../leases/index.ts';
import type { Progress, QueryResult } from '../contract.ts';
import { Answer } from '../query-result.ts';
import type { JobError } from './job.ts';
import { endingOf, type JobHost } from './job-host.ts';
import { readParams } from './job-params.ts';
import { resume } from './resumption.ts';

/** How often other processes are told how far a job is, milliseconds. */
const reportEveryMs = 1000;

/** Interim answers that other processes are told: cells, and characters of JSON. Larger ones only the process that runs the job has. */
const cellsMax = 2000;
const charactersMax = 2 ** 16;

const doneByThen = 'its statement had been done by then';

/** How often a right that a dead process has yet is asked for again, milliseconds. */
const askAgainMs = 500;

/** A job that this process runs, under a lease whose token is in the job's row. */
export class JobRun {
  private readonly ending = new AbortController();
  private isClosing = false;
  /** The statement was done. */
  private isAnswered = false;
  /** What is run. */
  private sql: string;
  private latest: { readonly progress: Progress | null; readonly interim: Answer | null } = {
    progress: null,
    interim: null,
  };
  private reported = this.latest;
  private reportedMs = Number.NEGATIVE_INFINITY;
  /** When nothing of it is left: it never rejects. */
  readonly ended: Promise<void>;

  constructor(
    private readonly host: JobHost,
    private readonly job: JobEntry,
    private readonly lease: HeldLease,
    /** It was begun before: by a process that is gone, or gave it back. */
    private readonly isAgain: boolean,
  ) {
    this.sql = job.sql;
    this.ended = this.run();
  }

  /** How far it is. */
  get progress(): Progress | null {
    return this.latest.progress;
  }

  /** The latest interim answer. */
  get interim(): Answer | null {
    return this.latest.interim;
  }

  /** Ends the statement where the job is no longer to be run here; tells other processes how far it is. @throws QueryError STORAGE */
  async look(): Promise<void> {
    const { store } = this.host;
    const { number } = this.job;
    if (!store.isRun(number, this.lease)) return this.ending.abort();
    const { latest } = this;
    if (latest === this.reported || this.nowMs() - this.reportedMs < reportEveryMs) return;
    [this.reported, this.reportedMs] = [latest, this.nowMs()];
    const progress = latest.progress === null ? null : JSON.stringify(latest.progress);
    const interim = latest.interim === null ? null : smallText(latest.interim);
    // What is refused is found at the next look.
    await store.report(number, this.lease, progress, interim);
  }

  /** Its process ends: another one is to run it. */
  giveBack(): void {
    this.isClosing = true;
    this.ending.abort();
  }

  private nowMs(): number {
    return this.host.state.environment.clock.monotonicMs();
  }

  private async run(): Promise<void> {
    try {
      await this.runToItsEnd();
    } catch (error) {
      // What cannot be written now leaves the job as it is: it is run again when the lease is given back.
      await this.fail(error).catch(() => undefined);
      // An answer that was begun is nobody's; what cannot be removed now is removed later.
      await this.host.results.collect().catch(() => undefined);
    } finally {
      await this.lease.release().catch(() => undefined); // it runs out
    }
  }

  private async runToItsEnd(): Promise<void> {
    const { host, job, lease } = this;
    if (this.isAgain) {
      const statement = host.engine.examine(job.sql, readParams(job.params));
      const resumed = resume(job.sql, statement, host.state.catalog.snapshot(), job.startedMs!); // it was begun before
      if (resumed.kind === 'lost') return await this.end({ state: 'lost', reason: resumed.reason });
      this.sql = resumed.sql;
    }
    const answer = await this.answer();
    this.isAnswered = true;
    const pause = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      this.ending.signal.throwIfAborted();
    };
    const file = await host.results.write(job.number, lease, jsonPieces(outgoing(answer, Infinity)), pause);
    await this.end({ state: 'done', reason: answer.answer.reason, answer: file });
  }

  /** Writes how the job ended, unless it has been given up: then whether its statement was done all the same. */
  private async end(ending: Pick<JobEnding, 'state' | 'reason'> & Partial<JobEnding>): Promise<void> {
    const { host, job, lease } = this;
    if (await host.store.end(job.number, lease, endingOf(host, ending))) return;
    if (this.isAnswered) await host.store.addReason(job.number, lease, doneByThen);
    await host.results.collect();
  }

  /** The final answer. Where an attempt before may have died with a right to build, that is waited for. */
  private async answer(): Promise<Answer> {
    const { state } = this.host;
    const startedMs = this.nowMs();
    for (;;) {
      try {
        return await this.answerNow();
      } catch (error) {
        const isHeld = error instanceof QueryError && error.code === 'LEASE_HELD' && this.isAgain;
        if (!isHeld || this.nowMs() - startedMs > 2 * state.leases.termMs) throw error;
        await state.environment.timers.pause(askAgainMs, this.ending.signal);
      }
    }
  }

  private async answerNow(): Promise<Answer> {
    const { job, host, lease, ending } = this;
    const answers = host.engine.stream(this.sql, {
      params: readParams(job.params),
      signal: AbortSignal.any([ending.signal, lease.signal]),
      onProgress: (progress) => (this.latest = { ...this.latest, progress }),
    });
    for await (const each of answers) {
      const answer = asAnswer(each);
      if (answer.final) return answer;
      this.latest = { ...this.latest, interim: answer };
    }
    throw new Error('a stream without a final answer');
  }

  private async fail(raw: unknown): Promise<void> {
    const { host, job, lease } = this;
    const isEnd =
      raw instanceof QueryError && (raw.code === 'CLOSED' || (raw.code === 'CANCELLED' && this.isClosing));
    if (isEnd || (this.isClosing && this.ending.signal.reason === raw))
      return await host.store.giveBack(job.number, lease);
    const error = errorOf(raw, this.sql === job.sql);
    const reason = this.isAnswered ? `${error.message}; ${doneByThen}` : error.message;
    await this.end({ state: 'failed', reason, error: JSON.stringify(error) });
  }
}

/** The engine's answers are all of this kind. */
function asAnswer(result: QueryResult): Answer {
  if (result instanceof Answer) return result;
  throw new Error('an answer of another kind');
}

/** An interim answer as other processes are told it; null: it is too large. */
function smallText(answer: Answer): string | null {
  if (answer.rowCount * answer.columns.length > cellsMax) return null;
  const text = JSON.stringify(answer);
  return text.length > charactersMax ? null : text;
}

/** @param hasPlaces the statement is the job's own, and so are places in it */
function errorOf(raw: unknown, hasPlaces: boolean): JobError {
  if (!(raw instanceof QueryError)) {
    const message = raw instanceof Error ? raw.message : String(raw);
    return { code: 'INTERNAL', message, span: null, hint: null };
  }
  const { code, message, span, hint } = raw;
  return { code, message, span: (hasPlaces ? span : null) ?? null, hint: hint ?? null };
}
