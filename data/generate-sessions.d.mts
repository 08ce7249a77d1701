export interface SessionsRequest {
  /** Where the Parquet file is to be. */
  readonly path: string;
  /** 1 or more. */
  readonly rows: number;
  /** A whole number, 0 or more. */
  readonly seed: number;
  /** Default: the cores this process may use. */
  readonly threads?: number;
}
export function generateSessions(request: SessionsRequest): Promise<{ path: string; made: boolean }>;
export function main(args: readonly string[]): Promise<number>;
