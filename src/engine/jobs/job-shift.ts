import type { BegunJob } from '../../catalog/index.ts';
import { HeldLease, LeaseKeeper } from '../../leases/index.ts';
import { endingOf, type JobHost } from './job-host.ts';
import { JobRun } from './job-run.ts';

/** How often a process looks after jobs, milliseconds. */
const lookEveryMs = 250;

/** So long from one look to the next, milliseconds, and the process was stopped, the machine slept, or the clock was set. */
const stallMs = 2000;

/** How often a job is begun at most. */
const attemptsMax = 3;

/**
 * What a process does for the jobs of its data folder: it begins those whose turn it is, and those whose runners are gone; ends those
 * that nobody asks after, whichever process runs them; stops running what is no longer to be run; forgets what was kept for long enough.
 */
export class JobShift {
  private readonly ending = new AbortController();
  private readonly runs = new Map<number, JobRun>();
  private readonly keeper: LeaseKeeper;
  private waking = new AbortController();
  private readonly working: Promise<void>;
  /** Begins and forgets jobs; null: does not just now. */
  private tending: Promise<void> | null = null;
  private isAsked = false;
  private lookedMs: number;

  constructor(private readonly host: JobHost) {
    const { clock, timers } = host.state.environment;
    const { store } = host.state.leases;
    const { runnerTermMs: termMs } = host.options;
    this.keeper = new LeaseKeeper(store, {
      clock,
      timers,
      onBeat: () => store.sweep(),
      ...(termMs === undefined ? {} : { termMs }),
    });
    this.lookedMs = clock.nowMs();
    this.working = this.work();
  }

  /** The run of a job in this process; undefined: there is none. */
  runOf(job: number): JobRun | undefined {
    return this.runs.get(job);
  }

  /** Something has changed: looks at once. */
  wake(): void {
    this.waking.abort();
  }

  /** Ends what it runs and gives it back: other processes, or this folder's next one, go on with it. */
  async close(): Promise<void> {
    for (const run of this.runs.values()) run.giveBack();
    this.ending.abort();
    this.wake();
    await this.working;
    await this.tending;
    await Promise.all([...this.runs.values()].map(({ ended }) => ended));
    await this.keeper.close().catch(() => undefined); // what cannot be given back runs out
  }

  private async work(): Promise<void> {
    const { timers } = this.host.state.environment;
    while (!this.ending.signal.aborted) {
      this.waking = new AbortController();
      // What cannot be read or written now is tried again; none of it keeps the rest from being done.
      await this.lapse().catch(() => undefined);
      await this.lookAtRuns();
      // Nor does a device that is busy, maybe with what runs here: these wait for it.
      this.isAsked = true;
      this.tending ??= this.tend();
      if (!this.waking.signal.aborted) await timers.pause(lookEveryMs, this.waking.signal);
    }
  }

  private async tend(): Promise<void> {
    while (this.isAsked) {
      this.isAsked = false;
      await this.forget().catch(() => undefined);
      await this.begin().catch(() => undefined);
    }
    this.tending = null;
  }

  private async lapse(): Promise<void> {
    const { host } = this;
    const { store, state } = host;
    const nowMs = state.environment.clock.nowMs();
    // Whoever wanted to ask after a job may not have been heard.
    if (nowMs - this.lookedMs > stallMs) await store.renewAll(nowMs);
    this.lookedMs = nowMs;
    await store.lapse(nowMs, ({ termMs }) =>
      endingOf(host, { state: 'cancelled', reason: `nobody asked after it for ${termMs / 1000} s` }),
    );
  }

  private async lookAtRuns(): Promise<void> {
    for (const run of this.runs.values()) await run.look().catch(() => undefined);
  }

  private async forget(): Promise<void> {
    const { store, state, options, results } = this.host;
    if (await store.forget(state.environment.clock.nowMs(), options.endedMax)) await results.collect();
  }

  private async begin(): Promise<void> {
    const { store, state, options } = this.host;
    // What runs here may look as if its runner were gone, where it could not renew its lease.
    const wanted = store
      .startable(state.environment.clock.nowMs(), options.runningMax + this.runs.size)
      .filter((job) => !this.runs.has(job));
    for (const job of wanted) {
      if (this.runs.size >= options.runningMax || this.ending.signal.aborted) return;
      const lease = await this.keeper.hold(`job/${job}`);
      // Else another process is quicker.
      if (lease instanceof HeldLease) await this.beginUnder(job, lease);
    }
  }

  private async beginUnder(number: number, lease: HeldLease): Promise<void> {
    const { store, state } = this.host;
    let begun: BegunJob | null = null;
    try {
      const lost = endingOf(this.host, {
        state: 'lost',
        reason: `it was begun ${attemptsMax} times, and its process was gone each time, or could not write how it ended`,
      });
      const nowMs = state.environment.clock.nowMs();
      begun = await store.begin(number, lease, { nowMs, attemptsMax, lost });
    } finally {
      if (begun === null) await lease.release().catch(() => undefined); // it runs out
    }
    if (begun === null) return;
    const { job, isAgain } = begun;
    const run = new JobRun(this.host, job, lease, isAgain);
    this.runs.set(number, run);
    if (this.ending.signal.aborted) run.giveBack();
    void run.ended.then(() => {
      this.runs.delete(number);
      this.wake();
    });
  }
}
