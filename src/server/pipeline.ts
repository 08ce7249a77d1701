import { availableParallelism } from 'node:os';
import type { EngineControl, Foreseen, RunOptions } from '../engine/control.ts';
import type { QueryResult } from '../index.ts';
import type { Client } from './app.ts';
import { CostBook, type Expected } from './cost-book.ts';
import { requireRole } from './guard/index.ts';
import { closed, dropError, retryAfterMs } from './drop-error.ts';
import { LongPlaces, longMax } from './long-places.ts';
import { Overloaded } from './overloaded.ts';
import type { LoadSettings } from './settings.ts';
import {
  AdmissionController,
  type Backlog,
  type DropReason,
  type Served,
  Stage,
  type StageClock,
  type StageMetrics,
  type Work,
} from './stages/index.ts';
import type { Asked, Question } from './statements.ts';
import { whenAllLeave } from './when-all-leave.ts';

/** Runs a statement. Where it sends its answers itself, there is none to be sent. */
export type Execute = (options: RunOptions) => Promise<QueryResult | null>;

/** A statement on its way, and whoever waits for what becomes of it. */
interface Task {
  readonly asked: Asked;
  readonly execute: Execute;
  /** Same statements run once for all who wait for them; null: it is one of a kind. */
  readonly sameAs: string | null;
  readonly resolve: (result: QueryResult | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A task that is planned. */
interface Planned extends Task {
  readonly foreseen: Foreseen;
}

/** Handing over an answer. */
interface Sending {
  readonly send: () => Promise<boolean>;
  readonly resolve: (isSent: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** A statement takes so much of memory beside its text while it waits, bytes. */
const taskBytes = 2048;
const cores = availableParallelism();
/** As many statements that change something run beside the others: leases keep them apart. */
const changesMax = 4;
/** Predicted wait, by the target, from which others are refused: they are less alike than the works of the stages' trials. */
const refuseAt = 0.4;

/**
 * Carries statements through the stages accept, plan, execute and respond. Where there is too much to do, statements without an error
 * bound read less; where that is not enough, some are refused before anything was done for them.
 */
export class Pipeline {
  private readonly admission: AdmissionController | null;
  private readonly planning: Stage<Task>;
  private readonly execution: Stage<Planned>;
  private readonly long: Stage<Planned>;
  private readonly changes: Stage<Planned>;
  private readonly responding: Stage<Sending>;
  private readonly costs = new CostBook();
  private readonly longPlaces: LongPlaces;

  constructor(
    private readonly control: EngineControl,
    settings: LoadSettings,
    private readonly clock: StageClock,
  ) {
    const { isControlled, targetMs, leastShare, queueMax, queueBytesMax } = settings;
    const queue = isControlled
      ? { countMax: queueMax, bytesMax: queueBytesMax, patienceMaxMs: targetMs }
      : { countMax: Infinity, bytesMax: Infinity };
    const pool = (least: number, most: number) =>
      isControlled ? { least, most } : { least: 1e6, most: 1e6 };
    const shared = { clock, queue };
    this.planning = new Stage<Task>({
      ...shared,
      name: 'plan',
      pool: { least: 1, most: 1 },
      handle: ([work]) => this.plan(work!), // one work a batch
      onFailed: ({ payload }, error) => payload.reject(error),
      onDropped: (work, reason) => work.payload.reject(dropError(reason)),
    });
    const execute = {
      ...shared,
      handle: (batch: readonly Work<Planned>[]) => this.execute(batch),
      onFailed: ({ payload }: Work<Planned>, error: unknown) => payload.reject(error),
      onDropped: ({ payload }: Work<Planned>, reason: DropReason) => payload.reject(dropError(reason)),
    };
    this.execution = new Stage<Planned>({
      ...execute,
      name: 'execute',
      pool: pool(cores, 2 * cores),
      batch: { most: 64 },
    });
    this.long = new Stage<Planned>({
      ...execute,
      name: 'long',
      pool: pool(longMax, longMax),
      handle: (batch) => this.longPlaces.take(() => this.execute(batch)),
    });
    const isBusy = (): boolean => (this.admission?.share ?? 1) < 1;
    this.longPlaces = new LongPlaces({ clock, targetMs, isBusy, stage: () => this.long });
    this.changes = new Stage<Planned>({ ...execute, name: 'change', pool: pool(changesMax, changesMax) });
    this.responding = new Stage<Sending>({
      ...shared,
      name: 'respond',
      // Most of its time a place waits for a client to take what it gets.
      pool: pool(8, 256),
      // One work a batch.
      handle: async ([work]) => work!.payload.resolve(await work!.payload.send()),
      onFailed: ({ payload }, error) => payload.reject(error),
      onDropped: ({ payload }, reason) => payload.reject(dropError(reason)),
    });
    const backlog = (): Backlog => this.backlog();
    const admission = { clock, targetMs, leastShare, refuseAt, backlog };
    this.admission = isControlled ? new AdmissionController(admission) : null;
  }

  /**
   * Looks whether a client may ask at all at the moment, before its statement is read; so one that is long and would have a place of its
   * own is refused with the others.
   * @returns null: it may; otherwise whatever it asks is refused
   */
  knock({ id }: Client): Overloaded | null {
    const refusal = this.admission?.refuseUnseen({ client: id, ...this.costs.ofAny() }) ?? null;
    return refusal === null ? null : new Overloaded(refusal.retryAfterMs);
  }

  /**
   * Lets a statement in.
   * @returns what it is expected to cost
   * @throws Overloaded where it is refused
   */
  admit({ sql, client }: Question): Expected {
    const expected = this.costs.ofText(sql);
    if (this.admission === null) return expected;
    if (this.longPlaces.isLong(expected.predictedMs)) this.longPlaces.admit();
    else {
      const admission = this.admission.admit({ client: client.id, ...expected });
      if (!admission.admitted) throw new Overloaded(admission.retryAfterMs);
    }
    return expected;
  }

  /**
   * Runs a statement that was let in, when it is its turn.
   * @param sameAs key of statements that are the same, and may have the same answer
   * @throws Overloaded where it is given up; HttpRefusal where the client may not ask it; QueryError; whatever `execute` throws
   */
  async run(
    asked: Asked,
    { predictedMs }: Expected,
    execute: Execute,
    sameAs: string | null,
  ): Promise<QueryResult | null> {
    return await new Promise((resolve, reject) => {
      const task: Task = { asked, execute, sameAs, resolve, reject };
      this.enqueue(this.planning, this.workOf(task, predictedMs));
    });
  }

  /** Hands over an answer when it is its turn. @returns what `send` does @throws Overloaded; whatever `send` throws */
  async respond(asked: Asked, send: () => Promise<boolean>): Promise<boolean> {
    return await new Promise((resolve, reject) => {
      const task = { asked, resolve, reject };
      const work = { ...this.workOf(task, 1), payload: { send, resolve, reject } };
      this.enqueue(this.responding, work);
    });
  }

  metrics(): {
    readonly stages: readonly StageMetrics[];
    readonly admission: ReturnType<AdmissionController['metrics']> | null;
  } {
    const { planning, execution, long, changes, responding } = this;
    const stages = [planning, execution, long, changes, responding].map((stage) => stage.metrics());
    return { stages, admission: this.admission?.metrics() ?? null };
  }

  /** What is let in and not done: what is to be planned waits for the same places. */
  private backlog(): Backlog {
    const { planning, execution } = this;
    const { poolSize } = execution;
    return {
      queued: planning.queued + execution.queued,
      poolSize,
      expectedWaitMs: () => {
        const slowness = (poolSize + this.longPlaces.atWork) / poolSize;
        return slowness * (planning.expectedWaitMs() / poolSize + execution.expectedWaitMs());
      },
    };
  }

  private enqueue<T extends { readonly reject: (error: unknown) => void }>(
    stage: Stage<T>,
    work: Work<T>,
  ): void {
    const outcome = stage.enqueue(work);
    if (outcome !== 'queued')
      work.payload.reject(outcome === 'full' ? new Overloaded(retryAfterMs) : closed());
  }

  private workOf<T extends { readonly asked: Asked }>(payload: T, predictedMs: number): Work<T> {
    const { asked } = payload;
    return {
      payload,
      client: asked.client.id,
      bytes: asked.sql.length * 2 + taskBytes,
      arrivedMs: asked.arrivedMs,
      deadlineMs: null,
      predictedMs,
      batchKey: null,
      isAbandoned: () => asked.signal.aborted,
    };
  }

  private async plan({ payload: task }: Work<Task>): Promise<void> {
    const { asked } = task;
    const { sql, params, arrivedMs } = asked;
    const foreseen = this.control.foresee(sql, params === undefined ? {} : { params });
    requireRole(asked.client, foreseen);
    const predictedMs = this.costs.predictMs(sql, foreseen);
    const work: Work<Planned> = {
      ...this.workOf({ ...task, foreseen }, predictedMs),
      deadlineMs: foreseen.withinMs === null ? null : arrivedMs + foreseen.withinMs,
      batchKey: task.sameAs,
    };
    if (foreseen.kind === 'change') this.enqueue(this.changes, work);
    else if (this.longPlaces.isLong(predictedMs)) {
      if (this.admission !== null) this.longPlaces.admit();
      this.enqueue(this.long, work);
    } else this.enqueue(this.execution, work);
    // Others get their turn between two plans.
    await new Promise((resume) => setImmediate(resume));
  }

  /** Runs works that are one statement, and gives its answer to all of them. */
  private async execute(batch: readonly Work<Planned>[]): Promise<void> {
    const [{ payload: task, arrivedMs }] = batch as readonly [Work<Planned>]; // one at least
    const { foreseen, asked } = task;
    const beganMs = this.clock.nowMs();
    const share = foreseen.mayDegrade ? (this.admission?.share ?? 1) : 1;
    const result = await task.execute({
      queryId: asked.queryId,
      signal: whenAllLeave(batch),
      waitedMs: beganMs - arrivedMs,
      ...(asked.params === undefined ? {} : { params: asked.params }),
      ...(share < 1 ? { rowsShare: share } : {}),
    });
    const nowMs = this.clock.nowMs();
    const costMs = nowMs - beganMs;
    if (foreseen.kind !== 'change') this.costs.learn(foreseen, costMs, share);
    for (const work of batch) {
      work.payload.resolve(result);
      this.tellAdmission(work, { responseMs: nowMs - work.arrivedMs, costMs: costMs / batch.length, share });
    }
  }

  /** What took long by itself, and what ran beside the others, says nothing about how long others wait. */
  private tellAdmission(
    { client, predictedMs, payload: { foreseen } }: Work<Planned>,
    times: Pick<Served, 'responseMs' | 'costMs' | 'share'>,
  ): void {
    if (foreseen.kind === 'change' || this.longPlaces.isLong(predictedMs)) return;
    this.admission?.served({ client, predictedMs, isDegradable: foreseen.mayDegrade, ...times });
  }
}
