import { jsonPieces, outgoing } from '../answer-pieces.ts';
import type { JobEntry, JobStore } from '../../catalog/index.ts';
import { QueryError } from '../../common/index.ts';
import type { Progress } from '../contract.ts';
import type { Answer } from '../query-result.ts';
import type { EngineState } from '../state.ts';
import { fullOptions, type Job, type JobAnswer, type JobError, type JobOptions, type JobRequest, requireTerm } from './job.ts'; // prettier-ignore
import { endingOf, type JobEngine, type JobHost } from './job-host.ts';
import { writeParams } from './job-params.ts';
import { JobResults } from './job-results.ts';
import { JobShift } from './job-shift.ts';
import { refuseNoJob } from './resumption.ts';

/**
 * Statements that outlive the connection that asked for them, and end with their client's interest: a job goes on as long as somebody
 * asks after it. All processes of a data folder that have opened its jobs share them: any takes one on, runs it, tells of it.
 */
export class Jobs {
  private constructor(
    private readonly host: JobHost,
    private readonly shift: JobShift,
  ) {}

  /** Begins to look after the jobs of the data folder. @throws QueryError INVALID_ARGUMENT, STORAGE */
  static async open(engine: JobEngine, state: EngineState, options: JobOptions): Promise<Jobs> {
    const full = fullOptions(options);
    const { environment, folders, jobs: store } = state;
    await environment.files.makeFolder(folders.jobs);
    const results = new JobResults(environment.files, folders.jobs, store);
    const host: JobHost = { engine, state, store, results, options: full };
    // While no process was there nobody could ask.
    await store.renewAll(environment.clock.nowMs());
    await results.collect();
    return new Jobs(host, new JobShift(host));
  }

  /**
   * Takes a job on: when it resolves, the device has it.
   * @throws QueryError what is wrong with the statement, as far as it shows before it runs; TOO_MANY_JOBS, NOT_SUPPORTED,
   * INVALID_ARGUMENT, STORAGE
   */
  async submit({ sql, params = [], owner, termMs = this.host.options.termMs }: JobRequest): Promise<Job> {
    const { engine, state, store, options } = this.host;
    requireTerm(termMs);
    refuseNoJob(engine.examine(sql, params));
    const { clock, newId } = state.environment;
    const submittedMs = clock.nowMs();
    const job = { id: newId(), owner, sql, params: writeParams(params), termMs, submittedMs };
    const entry = await store.add(job, options);
    this.shift.wake();
    return this.show(entry);
  }

  /**
   * A job as it is now, which goes on for another term.
   * @param owner whose it must be; not there: whoever's
   * @returns null: there is none, it is somebody else's, or it was forgotten
   * @throws QueryError STORAGE
   */
  async get(id: string, owner: string | null = null): Promise<Job | null> {
    const { store, state } = this.host;
    return this.showFound(await store.renew(id, owner, state.environment.clock.nowMs()));
  }

  /**
   * Cancels a job, whichever process runs it; one that has ended stays as it is.
   * @returns as {@link get}
   * @throws QueryError STORAGE
   */
  async cancel(id: string, owner: string | null = null): Promise<Job | null> {
    const ending = endingOf(this.host, { state: 'cancelled', reason: 'it was cancelled' });
    const cancelling = this.host.store.cancel(id, owner, ending);
    // What runs need not wait for the device.
    this.shift.wake();
    const entry = await cancelling;
    this.shift.wake();
    return this.showFound(entry);
  }

  /** The jobs that there are, newest first; this renews none. @param owner not there: of all owners */
  list(owner: string | null = null): Job[] {
    return this.host.store.list(owner).map((entry) => this.show(entry));
  }

  /** Ends what runs here, which other processes or the folder's next one go on with. */
  async close(): Promise<void> {
    await this.shift.close();
  }

  private showFound(entry: JobEntry | null): Job | null {
    return entry === null ? null : this.show(entry);
  }

  private show(entry: JobEntry): Job {
    const { id, owner, sql, state, reason, submittedMs, startedMs, endedMs, attempts, termMs, expiresMs } =
      entry;
    const run = endedMs === null ? this.shift.runOf(entry.number) : undefined;
    return {
      id,
      owner,
      sql,
      state,
      reason,
      // What runs here is known better than the catalog does.
      progress: run?.progress ?? (JSON.parse(entry.progress ?? 'null') as Progress | null), // as a run wrote it
      submittedMs,
      startedMs,
      endedMs,
      lease: endedMs === null ? { termMs, expiresMs } : null,
      keptUntilMs: entry.forgetMs,
      attempts,
      error: JSON.parse(entry.error ?? 'null') as JobError | null, // as a run wrote it
      answer: answerOf(this.host, entry, run?.interim ?? null),
    };
  }
}

/** @param interim the latest answer of a run in this process */
function answerOf(
  { store, results }: { readonly store: JobStore; readonly results: JobResults },
  { number, answer, interimBytes }: JobEntry,
  interim: Answer | null,
): JobAnswer | null {
  if (answer !== null) return { final: true, bytes: answer.bytes, pieces: () => results.read(answer) };
  if (interim !== null)
    return { final: false, bytes: null, pieces: () => encoded(jsonPieces(outgoing(interim, Infinity))) };
  if (interimBytes === null) return null;
  return {
    final: false,
    bytes: null, // a later one may have taken its place when it is read
    pieces: () => encoded(storedInterim(store, number)),
  };
}

function* storedInterim(store: JobStore, job: number): Generator<string> {
  const text = store.interim(job);
  if (text === null) throw new QueryError('STORAGE', 'the interim answer is gone: ask after the job again');
  yield text;
}

/** Lets others go on between pieces. */
async function* encoded(text: Iterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of text) {
    yield Buffer.from(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
