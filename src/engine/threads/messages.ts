import type { PackedEstimates } from '../../estimator/index.ts';
import type { Parameters } from '../../planner/index.ts';
import type { LoadedColumn, Sample } from '../../samples/index.ts';
import type { Value } from '../cells.ts';
import type { RoutedAnswer } from '../select-run.ts';

/** What a thread is started with. */
export interface ThreadData {
  /** The catalog's file. */
  readonly catalogPath: string;
  /** Of the engine. */
  readonly threads: number;
}

/** What a thread needs of a sample beside its columns, which it is lent as it asks for them. */
export interface LentSample extends Pick<
  Sample,
  'strata' | 'keys' | 'unitSizes' | 'unitPopulation' | 'rows' | 'blockRows' | 'columns'
> {
  readonly id: number;
}

/** A statement that a thread is to answer. */
export interface Question {
  readonly sql: string;
  readonly params: Parameters;
  /** See {@link RunOptions}. */
  readonly rowsShare: number | undefined;
  /** How long ago the statement came, milliseconds. */
  readonly elapsedMs: number;
  /** Changes with what the catalog holds of tables, samples and lessons. */
  readonly catalogState: string;
  /** Nobody has asked the source yet. */
  readonly isSourceCold: boolean;
}

/** An answer from samples as it comes from a thread: of its sample the id alone, of its columns the values. */
export interface ThreadAnswer {
  readonly values: readonly (readonly Value[] | PackedEstimates)[];
  readonly report: Omit<RoutedAnswer['report'], 'sample'>;
  readonly sample: { readonly id: number; readonly rowsRead: number };
  /** What estimating took of the time, milliseconds. */
  readonly estimateMs: number;
}

/** Why a thread has no answer: such statements are not for threads, or this one was not, now. */
export type NoAnswer = 'unfit' | 'not-now';

/** What became of a question. */
export interface Answered {
  readonly job: number;
  readonly answer: ThreadAnswer | NoAnswer;
}

/** What a thread is told. A sample is lent before the first question about it, and again after it was taken back. */
export type ToStatementThread =
  | { readonly kind: 'lend'; readonly sample: LentSample }
  | { readonly kind: 'take-back'; readonly sample: number }
  /** Columns of samples that were taken back may be large. */
  | { readonly kind: 'collect-garbage' }
  | { readonly kind: 'answer'; readonly job: number; readonly question: Question }
  | { readonly kind: 'cancel'; readonly job: number }
  /** `column`: once for each; null: it has it, or (`rows` null) it could not be loaded. */
  | {
      readonly kind: 'loaded';
      readonly sample: number;
      readonly name: string;
      readonly column: LoadedColumn | null;
      /** Rows from the start that are there. */
      readonly rows: number | null;
    }
  | { readonly kind: 'end' };

/** What a thread says. */
export type FromStatementThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly answers: readonly Answered[] }
  | { readonly kind: 'load'; readonly sample: number; readonly name: string; readonly rows: number }
  /** It is at work. */
  | { readonly kind: 'alive' };
