import type { Engine, QueryResult } from '../src/index.ts';

export interface StreamCase {
  readonly name: string;
  readonly sql: string;
  /** How many first columns are group keys. */
  readonly keys: number;
  /** The sample that it is asked over. */
  readonly on: 'uniform' | 'strata';
}

/** What streams of a case came to. */
export interface StreamTally {
  readonly case: StreamCase;
  readonly streams: number;
  /** Streams that showed a certified interval; of these those in which one missed the truth, at any look and before the last. */
  readonly certified: number;
  readonly missed: number;
  readonly missedBeforeLast: number;
  /** Answers that were shown. */
  readonly shown: number;
  /** Streams whose events were out of order, or whose last answer was not that of `query()`. */
  readonly disordered: number;
  readonly different: number;
  /** When the first event came, milliseconds. */
  readonly firstMs: readonly number[];
}

export const streamCases: readonly StreamCase[];
export function watchStream(
  engine: Engine,
  sql: string,
): Promise<{ readonly answers: readonly QueryResult[]; readonly firstMs: number }>;
export function watchSeeds(
  engine: Engine,
  methods: Readonly<Record<StreamCase['on'], string>>,
  seeds: readonly number[],
  onSeed?: (done: number) => void,
): Promise<readonly StreamTally[]>;
