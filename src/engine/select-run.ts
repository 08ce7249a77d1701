import type { CatalogSnapshot } from '../catalog/index.ts';
import type { Parameters } from '../planner/index.ts';
import type { AnswerColumn } from './query-result.ts';
import type { RunControl } from './run-control.ts';
import type { StatementCosts } from './statement-costs.ts';
import type { RouteReport, Stopwatch } from './summary.ts';

/** The columns of an answer and what its route says about it. */
export interface RoutedAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly report: RouteReport;
}

/** A statement as it was asked. */
export interface AskedText {
  readonly sql: string;
  readonly params: Parameters;
  /** Of its text, see {@link shapeOf}. */
  readonly shape: string;
}

/** What the steps of a SELECT's run share. */
export interface SelectRun {
  readonly control: RunControl;
  readonly stopwatch: Stopwatch;
  readonly costs: StatementCosts;
  /** What it was planned for. */
  readonly snapshot: CatalogSnapshot;
  /** Takes interim answers, where samples are read; null: nobody asks for them. */
  readonly refine: ((interim: RoutedAnswer) => void) | null;
  /** What another thread would answer it by; null: it is for this one. */
  readonly asked: AskedText | null;
}
