import type { SampleEntry } from '../catalog/index.ts';
import type { MissingGroups } from '../estimator/index.ts';
import type { Choice } from './choice.ts';
import type { AnswerSummary } from './contract.ts';
import type { Expectation } from './foresight.ts';
import type { EstimatedRows } from './known.ts';
import type { SampleWork } from './sample-costs.ts';
import type { UnknownTails } from './tail-subjects.ts';

/** What a sample says with the rows that were read. */
export interface SampleAnswer {
  readonly entry: SampleEntry;
  /** Of each interval, or of all at once. */
  readonly confidence: number;
  /** Groups after HAVING, ORDER BY and LIMIT. */
  readonly rows: EstimatedRows;
  readonly missing: MissingGroups;
  /** How sure the choice of rows is; null where estimates have no part in it; in words why it is not judged. */
  readonly judge: () => Promise<Choice | string | null>;
  /** The intervals that there are, before HAVING and LIMIT. */
  readonly cells: number;
  readonly rowsRead: number;
  readonly tasks: AnswerSummary['tasks'];
  /** All shown estimates keep the error bound; true where there is none. */
  readonly errorMet: boolean;
  /** Largest relative half-width to expect of the whole sample; infinite where nothing is known, 0 where the bound is kept. */
  readonly leastError: number;
  /** See {@link AnswerSummary}. */
  readonly degraded: AnswerSummary['degraded'];
  /** The deadline stopped the reading. */
  readonly stopped: boolean;
  /** The group that the number of rows goes back to; null: no single one of several. */
  readonly driver: string | null;
  /** Estimates whose tails are not known well enough to certify them. */
  readonly unknownTails: () => UnknownTails;
  /** Rows that were read only to tell what tails are like. */
  readonly witnessRows: number;
  /** The work that was done. */
  readonly work: SampleWork;
  /** What was expected when the size was set by an error bound; null: it was not. */
  readonly expected: Expectation | null;
}
