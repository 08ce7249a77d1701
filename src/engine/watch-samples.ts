import type { OpenSampleQuery } from './choose-sample.ts';
import type { Levels } from './looks.ts';
import type { RunControl } from './run-control.ts';
import type { SampleAnswer } from './sample-answer.ts';

/**
 * Has samples looked at while they are read, each look with intervals at a confidence of its own. Whoever waits for a look gets it before the
 * reading goes on; nobody is waited for.
 * @param chosen in the order in which they will be tried
 */
export function watchSamples(
  chosen: readonly OpenSampleQuery[],
  levels: Levels,
  control: Pick<RunControl, 'giveWay'>,
  show: (answer: SampleAnswer, open: OpenSampleQuery) => Promise<void>,
): void {
  let behind = chosen.reduce((sum, { query }) => sum + query.looksMax, 0);
  for (const open of chosen) {
    behind -= open.query.looksMax;
    open.query.watch(levels, behind, async (answer) => {
      await show(answer, open);
      await control.giveWay();
    });
  }
}
