import type { TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import type { HeldLease } from '../leases/index.ts';
import type { QueryOptions } from './contract.ts';
import type { EngineState } from './state.ts';
import { findChanges, hasChanges, isFollowed, type SourceChanges } from './table-changes.ts';

/** Of all processes on a data folder the one that has this lease keeps the samples fresh. */
const leadership = 'maintenance';

/** Ends of a refresh that need nobody's care: others were quicker, or it is time to end. */
const harmless = ['LEASE_HELD', 'LEASE_LOST', 'CHANGED_FILE', 'UNKNOWN_TABLE', 'CANCELLED', 'CLOSED'];

export interface MaintenanceOptions {
  /** Milliseconds from one look at all tables to the next. */
  readonly everyMs: number;
  /** Runs a statement. */
  readonly run: (sql: string, options: QueryOptions) => Promise<unknown>;
}

/**
 * A table that was written from files outlives them: who imports files and removes them must not find their rows gone.
 * @throws QueryError MISSING_FILE
 */
function refuseLosses({ name, format }: TableEntry, { gone: [first] }: SourceChanges): void {
  if (format === 'parquet' || first === undefined) return;
  throw new QueryError(
    'MISSING_FILE',
    `${first.path} is gone, and REFRESH SAMPLES ON ${name} would take its rows out of the table`,
  );
}

/**
 * Refreshes tables whose files have changed, and samples that are damaged, as long as this process leads. A file that is still being
 * written is left alone until it has stayed the same from one look to the next.
 */
export class Maintenance {
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;
  /** What the last look saw of each table's changes, as text. */
  private seen = new Map<number, string>();
  /** What the operator was told of each table last. */
  private readonly told = new Map<number, string>();

  constructor(
    private readonly state: Pick<
      EngineState,
      'environment' | 'allowedPaths' | 'troubles' | 'alert' | 'leases'
    >,
    private readonly options: MaintenanceOptions,
  ) {
    this.running = this.runOn();
  }

  /** Ends what it does, and lets another process lead. */
  async close(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async runOn(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        const lease = await this.state.leases.waitFor(leadership, signal);
        if (lease !== null) await this.lead(lease);
      } catch {
        // The catalog cannot be read or written now, of which every statement tells; it may be well again by the next time.
        await this.pause();
      }
    }
  }

  private async lead(lease: HeldLease): Promise<void> {
    try {
      const signal = AbortSignal.any([this.ending.signal, lease.signal]);
      while (!signal.aborted) {
        await this.lookAtAll(signal);
        await this.pause();
      }
    } finally {
      await lease.release().catch(() => undefined); // it runs out
    }
  }

  private async lookAtAll(signal: AbortSignal): Promise<void> {
    const { tables, samples } = this.state.troubles.snapshot();
    const seen = new Map<number, string>();
    for (const table of tables.filter(isFollowed)) {
      const isDamaged = samples.some(({ tableId, trouble }) => tableId === table.id && trouble?.kind === 'damaged' && trouble.ofEntry !== true); // prettier-ignore
      try {
        const changes = await findChanges(this.state, table);
        const now = hasChanges(changes) ? JSON.stringify(changes.now) : '';
        seen.set(table.id, now);
        refuseLosses(table, changes);
        if (now === '' ? isDamaged : now === this.seen.get(table.id))
          await this.options.run(`REFRESH SAMPLES ON "${table.name.replaceAll('"', '""')}"`, { signal });
        this.told.delete(table.id);
      } catch (error) {
        this.tell(table, error);
      }
      if (signal.aborted) return;
    }
    this.seen = seen;
  }

  /** Tells the operator, once, what keeps a table from being refreshed. */
  private tell({ id, name }: TableEntry, error: unknown): void {
    if (error instanceof QueryError && harmless.includes(error.code)) return;
    const message = `${name} is not kept fresh: ${error instanceof Error ? error.message : String(error)}`;
    if (this.told.get(id) === message) return;
    this.told.set(id, message);
    this.state.alert({ kind: 'failed-refresh', sample: null, table: name, message });
  }

  private async pause(): Promise<void> {
    await this.state.environment.timers.pause(this.options.everyMs, this.ending.signal);
  }
}
