import type { CatalogSnapshot, WorkloadEntry } from '../catalog/index.ts';
import { QueryError, storageError, untilAborted } from '../common/index.ts';
import type { SelectStatement, Statement } from '../parser/index.ts';
import { tablesOf } from '../plan/index.ts';
import type { Parameters, SelectPlan } from '../planner/index.ts';
import { CatalogInfo } from './catalog-info.ts';
import type { Engine, QueryOptions, QueryResult } from './contract.ts';
import { engineStatus, type EngineStatus } from './engine-status.ts';
import { explain } from './explain.ts';
import { type Foreseen, foreseeOther, foreseeSelect } from './foresee.ts';
import type { JobOptions } from './jobs/job.ts';
import { Jobs } from './jobs/jobs.ts';
import { KnownStatements, selectOf } from './known-statements.ts';
import { Answer } from './query-result.ts';
import { cancelled, RunControl } from './run-control.ts';
import type { RunOptions } from './run-options.ts';
import { measureResilience } from './resilience.ts';
import { runCommand } from './run-command.ts';
import { runSelect } from './run-select.ts';
import { describeTrouble } from './sample-troubles.ts';
import type { FailedSamples } from './sample-cache.ts';
import type { RoutedAnswer, SelectRun } from './select-run.ts';
import type { EngineState } from './state.ts';
import { warmUp } from './warm-up.ts';
import { addStaleness, type Staleness } from './staleness.ts';
import { StatementCosts } from './statement-costs.ts';
import { type Refine, streamAnswers } from './stream-answers.ts';
import { noBounds, requireInTime, Stopwatch, summarise } from './summary.ts';
import { requireTable } from './tables.ts';
import { Turnstile } from './turnstile.ts';
import { workloadOf } from './workload.ts';

/** A SELECT, planned, with what its answers should cost. */
interface PlannedSelect {
  readonly plan: SelectPlan;
  /** Of its text, see {@link shapeOf}. */
  readonly shape: string;
  readonly costs: StatementCosts;
  /** What it is planned for. */
  readonly snapshot: CatalogSnapshot;
}

/** Carries statements through the rooms: parse, plan, run, summarise. */
export class BallparkEngine implements Engine {
  readonly info: CatalogInfo;
  private closing: Promise<void> | null = null;
  private readonly known: KnownStatements;
  private readonly turnstile = new Turnstile();
  private opened: Promise<Jobs> | null = null;

  constructor(
    private readonly state: EngineState,
    private readonly release: () => Promise<void>,
  ) {
    this.known = new KnownStatements(state.environment.clock);
    this.info = new CatalogInfo(state);
  }

  query(sql: string, options: RunOptions = {}): Promise<QueryResult> {
    return this.logged(sql, options, null);
  }

  private async logged(sql: string, options: RunOptions, refine: Refine | null): Promise<QueryResult> {
    this.requireOpen();
    const { clock, newId } = this.state.environment;
    const { queryId = newId(), waitedMs = 0 } = options;
    const startedAt = clock.nowMs() - waitedMs;
    const started = clock.monotonicMs() - waitedMs;
    const log = (outcome: string, rowsRead: number, workload: WorkloadEntry | null): void =>
      this.state.log.add({
        queryId,
        sql,
        startedMs: startedAt,
        elapsedMs: clock.monotonicMs() - started,
        outcome,
        rowsRead,
        workload,
      });
    try {
      const isUndisturbed = await this.turnstile.enter();
      this.requireOpen();
      const { answer, workload } = await this.answer(queryId, sql, options, started, refine, isUndisturbed);
      log(answer.answer.mode, answer.answer.sample?.rowsRead ?? 0, workload);
      return answer;
    } catch (raw) {
      const error = this.failureOf(raw);
      log(error instanceof QueryError ? error.code : 'INTERNAL', 0, null);
      throw error;
    } finally {
      this.turnstile.leave();
      options.onEnded?.();
    }
  }

  private async answer(
    queryId: string,
    sql: string,
    options: RunOptions,
    started: number,
    refine: Refine | null,
    isUndisturbed: () => boolean,
  ): Promise<{ answer: Answer; workload: WorkloadEntry | null }> {
    const { clock } = this.state.environment;
    const stopwatch = new Stopwatch(() => clock.monotonicMs());
    const statement = await stopwatch.time('parseMs', () => this.known.parse(sql));
    const select = selectOf(statement);
    const planned =
      select === null ? null : await stopwatch.time('planMs', () => this.plan(sql, select, options));
    const bounds = planned?.plan.bounds ?? noBounds;
    const control = new RunControl(
      clock,
      options,
      bounds.withinMs,
      started,
      this.state.paces,
      this.state.threads,
    );
    control.isUndisturbed = isUndisturbed;
    if (planned !== null)
      control.deviceEndMs = control.elapsedMs() + planned.costs.deviceMs(control.spareMs());
    control.throwIfCancelled();
    let stale: Staleness | null = null;
    // Beside the work; what cannot be found out is not known.
    const looking =
      planned === null ? null : this.staleness(planned).then((found) => (stale = found), nothing);
    const toAnswer = ({ columns, report }: RoutedAnswer, isFinal: boolean): Answer => {
      const summary = summarise(report, bounds, control.elapsedMs(), stopwatch, stale);
      return new Answer(queryId, columns, summary, report.choice?.marks ?? null, isFinal);
    };
    const onInterim = refine === null ? null : (interim: RoutedAnswer) => refine(toAnswer(interim, false));
    let answered = planned;
    const routed = await stopwatch.time('executeMs', () => {
      if (select === null || planned === null) return runCommand(this.state, statement, control);
      const work = this.state.samples.during((failed) => {
        // Samples, and maybe the table, are others by now.
        const current = failed.size > 0 ? this.plan(sql, select, options, failed) : planned;
        answered = current;
        const { costs, shape, snapshot } = current;
        const isPlain = statement.kind === 'select-statement';
        const asked = isPlain ? { sql, params: options.params ?? [], shape } : null;
        const run = { control, stopwatch, costs, snapshot, refine: onInterim, asked };
        return this.runPlanned(statement, current, run);
      });
      // Whoever gives up a question waits for none of its parts; what changes something is waited for.
      return options.signal === undefined ? work : untilAborted(work, options.signal, cancelled);
    });
    await looking;
    const answer = toAnswer(routed, true);
    if (bounds.withinMs !== null && bounds.onMiss === 'fail') requireInTime(answer.answer, bounds);
    const isAsked = statement.kind === 'select-statement';
    return { answer, workload: isAsked && answered !== null ? this.workload(answered, answer) : null };
  }

  /** @param failed ids of samples that the statement could not use */
  private plan(
    sql: string,
    statement: SelectStatement,
    { params = [] }: QueryOptions,
    failed?: FailedSamples,
  ): PlannedSelect {
    const { troubles, profile, source, tails } = this.state;
    const snapshot = troubles.snapshot(failed);
    const { plan, shape } = this.known.plan(sql, statement, snapshot, params);
    return {
      plan,
      shape,
      costs: new StatementCosts(profile, shape, plan, snapshot.tables, tails.lessons, !source.isStarted),
      snapshot,
    };
  }

  /** What the tables that are read have not taken in yet. */
  private async staleness({ plan: { query, bounds }, snapshot }: PlannedSelect): Promise<Staleness | null> {
    const { staleness } = this.state;
    const read = tablesOf(query);
    const tables = snapshot.tables.filter(({ name }) => read.has(name));
    const found = await Promise.all(tables.map((table) => staleness.of(table, bounds.withinMs === null)));
    return addStaleness(found);
  }

  private workload({ plan, shape, snapshot }: PlannedSelect, { answer }: Answer): WorkloadEntry {
    return workloadOf(plan, shape, answer, snapshot.tables);
  }

  private async runPlanned(
    statement: Statement,
    { plan }: PlannedSelect,
    run: SelectRun,
  ): Promise<RoutedAnswer> {
    if (statement.kind === 'explain') return await explain(this.state, statement, plan, run);
    const { columns, report } = await runSelect(this.state, plan, run);
    const reason = [report.reason, ...plan.leftOut.map(describeTrouble)].join('; ');
    return { columns, report: { ...report, reason } };
  }

  stream(sql: string, options: RunOptions = {}): AsyncIterable<QueryResult> {
    return streamAnswers(options.signal, (signal, refine) =>
      this.logged(sql, { ...options, signal }, refine),
    );
  }

  foresee(sql: string, options: Pick<RunOptions, 'params'> = {}): Foreseen {
    this.requireOpen();
    const statement = this.known.parse(sql);
    const select = selectOf(statement);
    if (select === null) return foreseeOther(statement);
    const { plan, shape, costs } = this.plan(sql, select, options);
    return foreseeSelect(plan, statement.kind === 'explain' ? `explain ${shape}` : shape, costs);
  }

  async status(): Promise<EngineStatus> {
    return await engineStatus(this.state);
  }

  async warmUp(): Promise<void> {
    await warmUp(this.state, () => this.closing !== null);
  }

  async resilience(
    table: string,
    options: Pick<QueryOptions, 'signal' | 'onProgress'> = {},
  ): Promise<QueryResult> {
    this.requireOpen();
    const { clock, newId } = this.state.environment;
    const startedMs = clock.monotonicMs();
    const stopwatch = new Stopwatch(() => clock.monotonicMs());
    const { columns, report } = await stopwatch.time('executeMs', () =>
      this.state.samples.during(() => {
        const entry = requireTable(this.state, { name: table, span: { start: 0, end: table.length } });
        return measureResilience(this.state, entry, options);
      }),
    );
    const elapsedMs = clock.monotonicMs() - startedMs;
    return new Answer(newId(), columns, summarise(report, noBounds, elapsedMs, stopwatch, null), null);
  }

  /**
   * Parses a statement, and plans it or finds the table that it is about: most of what can be wrong with it shows.
   * @throws QueryError
   */
  examine(sql: string, params: Parameters): Statement {
    this.requireOpen();
    const statement = this.known.parse(sql);
    const select = selectOf(statement);
    if (select !== null) this.plan(sql, select, { params });
    const { kind } = statement;
    if (
      kind === 'create-sample' ||
      kind === 'create-samples' ||
      kind === 'create-sample-list' ||
      kind === 'refresh-samples'
    )
      // prettier-ignore
      requireTable(this.state, statement.table);
    return statement;
  }

  /** The jobs of the data folder, see {@link Jobs}. @param options of the first call @throws QueryError as {@link Jobs.open} */
  async jobs(options: JobOptions = {}): Promise<Jobs> {
    this.requireOpen();
    this.opened ??= Jobs.open(this, this.state, options);
    try {
      return await this.opened;
    } catch (error) {
      this.opened = null;
      throw error;
    }
  }

  /** What a statement fails with: what it no longer finds where the engine was closed meanwhile is no fault of its own. */
  private failureOf(raw: unknown): unknown {
    // Leases are given back when it closes.
    if (this.closing !== null && (!(raw instanceof QueryError) || raw.code === 'LEASE_LOST'))
      return new QueryError('CLOSED', 'the engine was closed while the statement ran');
    // Whatever touches files in passing need not say so itself.
    return storageError(raw, 'run the statement');
  }

  private requireOpen(): void {
    if (this.closing !== null) throw new QueryError('CLOSED', 'the engine is closed');
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    // What they run is to be given back, not to fail.
    const jobs = await this.opened?.catch(() => null);
    await jobs?.close();
    await this.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const nothing = (): void => undefined;
