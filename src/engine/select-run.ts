import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './run-select.ts';
import type { StatementCosts } from './statement-costs.ts';
import type { Stopwatch } from './summary.ts';

/** What the steps of a SELECT's run share. */
export interface SelectRun {
  readonly control: RunControl;
  readonly stopwatch: Stopwatch;
  readonly costs: StatementCosts;
  /** Takes interim answers, where samples are read; null: nobody asks for them. */
  readonly refine: ((interim: RoutedAnswer) => void) | null;
}
