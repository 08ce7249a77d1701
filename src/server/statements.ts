import type { EngineControl } from '../engine/control.ts';
import type { QueryOptions, QueryResult } from '../index.ts';
import type { Client } from './app.ts';

/** A statement that somebody asks. */
export interface Asked {
  readonly queryId: string;
  readonly sql: string;
  readonly params: NonNullable<QueryOptions['params']> | undefined;
  readonly client: Client;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** The statements that the server has taken on, each until its answer is there. */
export class Statements {
  private readonly running = new Map<string, { readonly client: Client; readonly stop: AbortController }>();
  /** Aborted when the server waits no longer for running statements. */
  private readonly ending = new AbortController();

  constructor(private readonly control: EngineControl) {}

  /** True: what runs was cancelled because the server ends. */
  get isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  /** Answers a statement. @throws QueryError, and bugs */
  async answer(asked: Asked): Promise<QueryResult> {
    return await this.during(asked, (signal) => this.control.query(asked.sql, optionsOf(asked, signal)));
  }

  /** Answers a statement as often as there is something new. @throws QueryError, and bugs */
  async *refine(asked: Asked): AsyncGenerator<QueryResult, void, undefined> {
    const stop = this.begin(asked);
    try {
      yield* this.control.stream(asked.sql, optionsOf(asked, stop));
    } finally {
      this.running.delete(asked.queryId);
    }
  }

  /**
   * Cancels a statement.
   * @returns false where the client has none of that id under way
   */
  cancel(queryId: string, { id, role }: Client): boolean {
    const found = this.running.get(queryId);
    if (found === undefined || (role !== 'admin' && found.client.id !== id)) return false;
    found.stop.abort();
    return true;
  }

  /** True where a statement of that id is under way. */
  has(queryId: string): boolean {
    return this.running.has(queryId);
  }

  /** Cancels all that is under way. */
  end(): void {
    this.ending.abort();
  }

  private async during<T>(asked: Asked, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = this.begin(asked);
    try {
      return await work(signal);
    } finally {
      this.running.delete(asked.queryId);
    }
  }

  private begin({ queryId, client, signal }: Asked): AbortSignal {
    const stop = new AbortController();
    this.running.set(queryId, { client, stop });
    return AbortSignal.any([signal, stop.signal, this.ending.signal]);
  }
}

function optionsOf({ queryId, params }: Asked, signal: AbortSignal) {
  return { queryId, signal, ...(params === undefined ? {} : { params }) };
}
