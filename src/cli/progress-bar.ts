import type { Options, Params } from 'cli-progress';
import type { Progress, QueryResult } from '../index.ts';
import type { Output } from './cli-streams.ts';
import { formatCount, formatPercent } from './format-number.ts';

/** Work that ends sooner shows no bar, milliseconds. */
export const patienceMs = 400;
/** Steps of the bar. */
const steps = 1000;

const phases: Readonly<Record<Progress['phase'], string>> = {
  scan: 'reading the table',
  sample: 'drawing the sample',
  execute: 'reading the sample',
  exact: 'computing the exact answer',
};

/** Is told how work goes on. */
export interface Watcher {
  readonly onProgress: (progress: Progress) => void;
  readonly onInterim: (interim: QueryResult) => void;
}

/** Runs work that tells its progress; where the stream is a terminal and the work takes long, a bar shows it and then goes away. */
export async function withProgressBar<T>(
  stream: Output,
  work: (watcher: Watcher | null) => Promise<T>,
): Promise<T> {
  if (stream.isTTY !== true) return await work(null);
  const { default: cliProgress } = await import('cli-progress');
  let widest = '';
  const format = (options: Options, { progress }: Params, payload: Partial<Progress>): string => {
    const { phase = 'scan', fraction = null, rows = 0 } = payload;
    const share =
      fraction === null
        ? ''
        : `${cliProgress.Format.BarFormat(progress, options)} ${formatPercent(Math.round(progress * 100) / 100)} `;
    return `${phases[phase]} ${share}${formatCount(rows)} rows${widest}`;
  };
  const bar = new cliProgress.SingleBar(
    { format, stream, clearOnComplete: true, gracefulExit: false, barsize: 30 },
    cliProgress.Presets.shades_classic,
  );
  const startedMs = performance.now();
  try {
    return await work({
      onProgress(progress) {
        if (!bar.isActive) {
          if (performance.now() - startedMs < patienceMs) return;
          bar.start(steps, 0, progress);
        }
        bar.update(Math.round((progress.fraction ?? 0) * steps), progress);
      },
      onInterim({ answer: { achieved } }) {
        const { maxRelativeError: error } = achieved;
        widest = error === null ? '' : ` · ±${formatPercent(Number(error.toPrecision(2)))} so far`;
      },
    });
  } finally {
    bar.stop();
  }
}
