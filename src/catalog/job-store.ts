import { QueryError } from '../common/index.ts';
import type { Database } from '../database/index.ts';
import { type Fence, requireLease } from '../leases/index.ts';
import { jobColumns, type JobEnding, type JobEntry, type NewJob, readJob } from './job-entry.ts';
import { number, type Row, text } from './read-snapshot.ts';

/** How many jobs are taken on. */
export interface JobLimits {
  /** Unfinished ones of one owner. */
  readonly ownerMax: number;
  /** Unfinished ones of all owners. */
  readonly unfinishedMax: number;
}

/** A job that is run. */
export interface BegunJob {
  readonly job: JobEntry;
  /** It was begun before, and may have been done. */
  readonly isAgain: boolean;
}

const isUnfinished = "state IN ('queued', 'running')";
/** The row of a job that is still run under a token. */
const isOurs = "number = ? AND token = ? AND state = 'running'";
const answerFile = /^(\d+)\.(\d+)\.json(\.tmp)?$/;

/** The name of the file of an answer that is written under a token. */
export const answerFileName = (job: number, token: number): string => `${job}.${token}.json`;

/**
 * Jobs, in SQLite. Who runs one holds a lease; its token is in the job's row from when it is begun, and everything that its runner
 * writes is refused once that is another one, or the job has ended.
 */
export class JobStore {
  constructor(private readonly database: Database) {}

  /** Takes a job on: when it resolves, the device has it. @throws QueryError TOO_MANY_JOBS, STORAGE */
  async add(job: NewJob, { ownerMax, unfinishedMax }: JobLimits): Promise<JobEntry> {
    return await this.database.transact(() => {
      const unfinished = `SELECT count(*) AS n FROM jobs WHERE ${isUnfinished}`;
      const own = this.count(`${unfinished} AND owner = ?`, job.owner);
      if (own >= ownerMax) throw tooMany(`${own} of your jobs are unfinished, of at most ${ownerMax}`);
      const all = this.count(unfinished);
      if (all >= unfinishedMax) throw tooMany(`${all} jobs are unfinished, of at most ${unfinishedMax}`);
      const { id, owner, sql, params, termMs, submittedMs } = job;
      this.database
        .prepare(
          `INSERT INTO jobs (id, owner, sql, params, state, term_ms, expires_ms, submitted_ms) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?)`,
        )
        .run(id, owner, sql, params, termMs, submittedMs + termMs, submittedMs);
      return this.find(id, null)!; // it was just written
    });
  }

  /** @param owner null: whoever has it. @returns null: there is none, or it is somebody else's */
  find(id: string, owner: string | null): JobEntry | null {
    const row = this.database.prepare(`SELECT ${jobColumns} FROM jobs WHERE id = ?`).get(id);
    if (row === undefined || (owner !== null && text(row, 'owner') !== owner)) return null;
    return readJob(row);
  }

  /** Newest first. @param owner null: of all */
  list(owner: string | null): JobEntry[] {
    const all = `SELECT ${jobColumns} FROM jobs`;
    const rows =
      owner === null
        ? this.database.prepare(`${all} ORDER BY number DESC`).all()
        : this.database.prepare(`${all} WHERE owner = ? ORDER BY number DESC`).all(owner);
    return rows.map(readJob);
  }

  /** The interim answer that is kept of a job; null: none is. */
  interim(job: number): string | null {
    const row = this.database.prepare('SELECT interim FROM jobs WHERE number = ?').get(job);
    return (row?.['interim'] ?? null) as string | null; // declared TEXT
  }

  /**
   * Somebody asks after a job: an unfinished one goes on for another term. A power loss may take that back, and ends whoever asked.
   * @throws QueryError STORAGE
   */
  async renew(id: string, owner: string | null, nowMs: number): Promise<JobEntry | null> {
    const found = this.find(id, owner);
    if (found === null || found.endedMs !== null) return found;
    return await this.database.transactLazily(() => {
      this.database
        .prepare(`UPDATE jobs SET expires_ms = max(expires_ms, ? + term_ms) WHERE id = ? AND ${isUnfinished}`)
        .run(nowMs, id);
      return this.find(id, owner);
    });
  }

  /** Gives all unfinished jobs another term, as if they had been asked after: nobody could. @throws QueryError STORAGE */
  async renewAll(nowMs: number): Promise<void> {
    await this.database.transactLazily(() =>
      this.database
        .prepare(`UPDATE jobs SET expires_ms = max(expires_ms, ? + term_ms) WHERE ${isUnfinished}`)
        .run(nowMs),
    );
  }

  /** Ends an unfinished job. @returns as it is then; null: there is none, or it is somebody else's @throws QueryError STORAGE */
  async cancel(id: string, owner: string | null, ending: JobEnding): Promise<JobEntry | null> {
    return await this.database.transact(() => {
      const found = this.find(id, owner);
      if (found === null || found.endedMs !== null) return found;
      this.write(found.number, ending);
      return this.find(id, owner);
    });
  }

  /**
   * Ends the jobs that nobody has asked after for their terms. The device is not waited for: what a power loss takes back is done again.
   * @param endingOf how each ends
   * @throws QueryError STORAGE
   */
  async lapse(nowMs: number, endingOf: (job: JobEntry) => JobEnding): Promise<void> {
    const find = this.database.prepare(
      `SELECT ${jobColumns} FROM jobs WHERE ${isUnfinished} AND expires_ms <= ?`,
    );
    // Most often there are none, and nothing to wait for.
    if (find.get(nowMs) === undefined) return;
    await this.database.transactLazily(() => {
      for (const job of find.all(nowMs).map(readJob)) this.write(job.number, endingOf(job));
    });
  }

  /** Numbers of jobs that wait to be run, and of those whose runners are gone; the oldest first. */
  startable(nowMs: number, countMax: number): number[] {
    return this.database
      .prepare(
        `SELECT number FROM jobs WHERE state = 'queued'
           OR state = 'running' AND token NOT IN (SELECT token FROM leases WHERE expires_ms > ?)
         ORDER BY number LIMIT ?`,
      )
      .all(nowMs, countMax)
      .map((row) => number(row, 'number'));
  }

  /**
   * Begins to run a job, or takes it over from a runner that is gone; ends it where it was begun too often.
   * @param fence the lease that it is run under, which nobody else has
   * @returns the job; null: it has ended
   * @throws QueryError LEASE_LOST, STORAGE
   */
  async begin(
    job: number,
    fence: Fence,
    { nowMs, attemptsMax, lost }: { readonly nowMs: number; readonly attemptsMax: number; readonly lost: JobEnding }, // prettier-ignore
  ): Promise<BegunJob | null> {
    return await this.database.transactLazily(() => {
      requireLease(this.database, fence);
      const row = this.row(job);
      const before = row === undefined ? null : readJob(row);
      if (before === null || before.endedMs !== null) return null;
      if (before.attempts >= attemptsMax) {
        this.write(job, lost);
        return null;
      }
      this.database
        .prepare(
          `UPDATE jobs SET state = 'running', token = ?, attempts = attempts + 1, started_ms = coalesce(started_ms, ?),
             progress = NULL, interim = NULL WHERE number = ?`,
        )
        .run(fence.token, nowMs, job);
      return { job: readJob(this.row(job)!), isAgain: before.startedMs !== null }; // it was just written
    });
  }

  /** True: it is still to be run under the token. */
  isRun(job: number, { token }: Fence): boolean {
    return this.database.prepare(`SELECT 1 FROM jobs WHERE ${isOurs}`).get(job, token) !== undefined;
  }

  /** What is known of a job that is run. @returns false: it is no longer to be run @throws QueryError LEASE_LOST, STORAGE */
  async report(job: number, fence: Fence, progress: string | null, interim: string | null): Promise<boolean> {
    return await this.database.transactLazily(() => {
      requireLease(this.database, fence);
      return this.database
        .prepare(`UPDATE jobs SET progress = ?, interim = ? WHERE ${isOurs}`)
        .run(progress, interim, job, fence.token).changes > 0; // prettier-ignore
    });
  }

  /** Its runner ends before the job does: it waits to be run again, and that attempt does not count. @throws QueryError LEASE_LOST, STORAGE */
  async giveBack(job: number, fence: Fence): Promise<void> {
    await this.database.transact(() => {
      requireLease(this.database, fence);
      this.database
        .prepare(`UPDATE jobs SET state = 'queued', attempts = attempts - 1 WHERE ${isOurs}`)
        .run(job, fence.token);
    });
  }

  /** Ends a job that is run. @returns false: it was no longer to be run @throws QueryError LEASE_LOST, STORAGE */
  async end(job: number, fence: Fence, ending: JobEnding): Promise<boolean> {
    return await this.database.transact(() => {
      requireLease(this.database, fence);
      const isRun = this.isRun(job, fence);
      if (isRun) this.write(job, ending);
      return isRun;
    });
  }

  /** Adds to why a job ended: what its runner found when it ended after it. @throws QueryError STORAGE */
  async addReason(job: number, { token }: Fence, reason: string): Promise<void> {
    await this.database.transactLazily(() =>
      this.database
        .prepare(
          `UPDATE jobs SET reason = reason || ? WHERE number = ? AND token = ? AND NOT ${isUnfinished}`,
        )
        .run(`; ${reason}`, job, token),
    );
  }

  /**
   * Forgets jobs that have ended: those whose time is over, and the oldest of more than so many.
   * @returns true: there were some; their files are nobody's now
   * @throws QueryError STORAGE
   */
  async forget(nowMs: number, endedMax: number): Promise<boolean> {
    const ended = this.count(`SELECT count(*) AS n FROM jobs WHERE NOT ${isUnfinished}`);
    const due = this.count('SELECT count(*) AS n FROM jobs WHERE forget_ms <= ?', nowMs);
    if (due === 0 && ended <= endedMax) return false;
    await this.database.transact(() => {
      this.database.prepare('DELETE FROM jobs WHERE forget_ms <= ?').run(nowMs);
      this.database
        .prepare(
          `DELETE FROM jobs WHERE number IN (SELECT number FROM jobs WHERE NOT ${isUnfinished}
             ORDER BY ended_ms DESC, number DESC LIMIT -1 OFFSET ?)`,
        )
        .run(endedMax);
    });
    return true;
  }

  /** Of files of answers those that are nobody's: no job names them, and no runner may still be writing them. */
  nobodysFiles(names: readonly string[]): string[] {
    return names.filter((name) => {
      const [, job, token] = answerFile.exec(name) ?? [];
      if (job === undefined) return false;
      const row = this.row(Number(job));
      if (row === undefined) return true;
      const { state, token: current, answer } = readJob(row);
      return answer?.name !== name && !(state === 'running' && current === Number(token));
    });
  }

  private row(job: number): Row | undefined {
    return this.database.prepare(`SELECT ${jobColumns} FROM jobs WHERE number = ?`).get(job);
  }

  private count(sql: string, ...parameters: readonly (string | number)[]): number {
    return number(this.database.prepare(sql).get(...parameters)!, 'n'); // counting gives one row
  }

  private write(job: number, { state, reason, error, answer, endedMs, forgetMs }: JobEnding): void {
    const file = answer === null ? null : JSON.stringify(answer);
    this.database
      .prepare(
        'UPDATE jobs SET state = ?, reason = ?, error = ?, answer = ?, ended_ms = ?, forget_ms = ?, interim = NULL WHERE number = ?',
      )
      .run(state, reason, error, file, endedMs, forgetMs, job);
  }
}

const tooMany = (message: string): QueryError =>
  new QueryError('TOO_MANY_JOBS', message, { hint: 'wait for some to end, or cancel them' });
