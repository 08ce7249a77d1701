import { answerFor, type EngineControl, type RunOptions } from '../engine/control.ts';
import type { QueryOptions, QueryResult } from '../index.ts';
import type { Client } from './app.ts';
import type { Expected } from './cost-book.ts';
import { Overloaded } from './overloaded.ts';
import type { Pipeline } from './pipeline.ts';

/** A statement that a client sends. */
export interface Question {
  readonly queryId: string;
  readonly sql: string;
  readonly params: NonNullable<QueryOptions['params']> | undefined;
  readonly client: Client;
  /** By the server's clock, milliseconds. */
  readonly arrivedMs: number;
  /** Calls back, once, when nobody waits for the answer any more. */
  readonly whenGone: (leave: () => void) => void;
}

/** One that was let in. */
export interface Asked extends Question {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What became of a statement; each has one of these. Shed: refused for load, or given up before it began. */
export type StatementEnd = 'served' | 'shed' | 'failed';

/** The statements that the server has taken on, each until its answer has been sent. */
export class Statements {
  private readonly running = new Map<string, { readonly client: Client; readonly stop: AbortController }>();
  private isOver = false;

  constructor(
    private readonly control: EngineControl,
    private readonly pipeline: Pipeline,
    private readonly onEnd: (end: StatementEnd) => void,
  ) {}

  /** True: what runs was cancelled because the server ends. */
  get isEnding(): boolean {
    return this.isOver;
  }

  /**
   * A client wants to ask something, which is not read yet.
   * @returns null: it may; otherwise it is refused, whatever it is
   */
  knock(client: Client): Overloaded | null {
    const refusal = this.pipeline.knock(client);
    if (refusal !== null) this.onEnd('shed');
    return refusal;
  }

  /**
   * Answers a statement.
   * @param send hands the answer over; it resolves when that is done, with false where the client has left before
   * @throws Overloaded, QueryError, and bugs
   */
  async answer(question: Question, send: (result: QueryResult) => Promise<boolean>): Promise<void> {
    await this.during(question, async (asked, expected) => {
      const run = (options: RunOptions): Promise<QueryResult> => this.control.query(asked.sql, options);
      const result = await this.pipeline.run(asked, expected, run, keyOf(asked));
      if (result === null) throw new Error('a query has an answer');
      return await this.pipeline.respond(asked, () => send(answerFor(result, asked.queryId)));
    });
  }

  /**
   * Answers a statement as often as there is something new.
   * @param sendAll hands the answers over as they come; it resolves when all were
   * @throws Overloaded, QueryError, and bugs
   */
  async refine(
    question: Question,
    sendAll: (answers: AsyncIterable<QueryResult>) => Promise<void>,
  ): Promise<void> {
    await this.during(question, async (asked, expected) => {
      // TypeScript does not see that it is assigned in there.
      let sending = null as Promise<void> | null;
      // A place is taken until the statement has ended, and no longer: a client may be slow to read.
      const run = (options: RunOptions): Promise<null> =>
        new Promise((resolve, reject) => {
          const onEnded = (): void => resolve(null);
          sending = sendAll(this.control.stream(asked.sql, { ...options, onEnded }));
          sending.then(onEnded, reject);
        });
      await this.pipeline.run(asked, expected, run, null);
      await sending;
      return true;
    });
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
    this.isOver = true;
    for (const { stop } of this.running.values()) stop.abort();
  }

  /** @param work tells whether the answer was handed over */
  private async during(
    question: Question,
    work: (asked: Asked, expected: Expected) => Promise<boolean>,
  ): Promise<void> {
    const { queryId, client, whenGone } = question;
    let end: StatementEnd = 'failed';
    try {
      // First, since most of what is refused is refused here: nothing was done for it then.
      const expected = this.pipeline.admit(question);
      const stop = new AbortController();
      this.running.set(queryId, { client, stop });
      whenGone(() => stop.abort());
      if (this.isOver) stop.abort();
      if (await work({ ...question, signal: stop.signal }, expected)) end = 'served';
    } catch (error) {
      if (error instanceof Overloaded) end = 'shed';
      throw error;
    } finally {
      this.running.delete(queryId);
      this.onEnd(end);
    }
  }
}

/** Statements of one key have one answer. */
const keyOf = ({ sql, params }: Asked): string =>
  params === undefined ? sql : `${sql}\0${JSON.stringify(params)}`;
