import type { Engine } from '../src/index.ts';

export interface MixedStatement {
  readonly kind: string;
  readonly sql: string;
  /** Asked for its answer; left after the first of a stream; cancelled while it runs; refused with an error. */
  readonly way: 'query' | 'stream' | 'cancelled' | 'refused';
}

export function statementOf(number: number): MixedStatement;
/** @param patience of a caller who has one signal for all statements */
export function carryOut(engine: Engine, statement: MixedStatement, patience: AbortSignal): Promise<void>;
/** What is alive, bytes: in the heap, outside of it, and of the process. */
export function measureMemory(): Promise<{
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}>;
