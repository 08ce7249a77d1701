import type { TableEntry } from '../catalog/index.ts';
import type { AnswerColumn } from './query-result.ts';
import type { RunControl } from './run-control.ts';
import type { StatementCosts } from './statement-costs.ts';
import type { RouteReport, Stopwatch } from './summary.ts';

/** The columns of an answer and what its route says about it. */
export interface RoutedAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly report: RouteReport;
}

/** What the steps of a SELECT's run share. */
export interface SelectRun {
  readonly control: RunControl;
  readonly stopwatch: Stopwatch;
  readonly costs: StatementCosts;
  /** Those of the catalog that the statement was planned for. */
  readonly tables: readonly TableEntry[];
  /** Takes interim answers, where samples are read; null: nobody asks for them. */
  readonly refine: ((interim: RoutedAnswer) => void) | null;
}
