import type { DuckDBConnection } from '@duckdb/node-api';
import type { QueryResult } from '../../src/index.ts';
import type { BoundsTable } from './tables.mjs';

export interface BoundsQuery {
  readonly keys: readonly string[];
  readonly sql: string;
  readonly bound: number;
  readonly confidence: number;
}
export interface Outcome {
  readonly query: BoundsQuery;
  readonly mode: 'approximate' | 'exact' | 'precomputed';
  readonly forecasts: readonly {
    readonly mode: string;
    readonly predictedMs: number;
    readonly elapsedMs: number;
    readonly predictedError: number | null;
    readonly achievedError: number | null;
    readonly support: number;
  }[];
  readonly cells: readonly { readonly error: number; readonly claimed: boolean }[];
}
export interface BoundsRequest {
  readonly engine: { query(sql: string): Promise<Pick<QueryResult, 'rows' | 'answer'>> };
  readonly dataDir: string;
  readonly hindsight: { query(sql: string): Promise<Pick<QueryResult, 'rows' | 'answer'>> };
  readonly duckdb: DuckDBConnection;
  readonly tables: readonly BoundsTable[];
  readonly queries: number;
  readonly seeds: readonly number[];
  readonly isAsked?: (query: BoundsQuery) => boolean;
  readonly statementOf?: (query: BoundsQuery) => string;
  readonly timedRuns?: number;
  readonly note: (what: string) => void;
}
export function askAll(request: BoundsRequest): Promise<Outcome[]>;
