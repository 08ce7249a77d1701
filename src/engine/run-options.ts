import type { QueryOptions } from './contract.ts';

/** What a server says beside a statement's options. */
export interface RunOptions extends QueryOptions {
  /** The id of the answer; left out: the engine makes one. */
  readonly queryId?: string;
  /** How long the statement has waited before it came here, milliseconds: its deadline and what it took count from there. */
  readonly waitedMs?: number;
  /**
   * Share of a sample's rows that is enough where the statement asks for no error bound, above 0 and at most 1: a prefix of a sample is a
   * sample, so the intervals are as honest, and wider. The answer says so.
   */
  readonly rowsShare?: number;
  /** Called when the statement has ended, however it did and whoever still reads its answers. */
  readonly onEnded?: () => void;
}
