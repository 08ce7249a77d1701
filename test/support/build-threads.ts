import { build } from 'tsdown';
import { threadPrograms } from '../../tsdown.config.ts';

/** Bundles what runs in threads: tests run the rest from its source, and Node runs no TypeScript. */
export default async function buildThreads(): Promise<void> {
  for (const program of threadPrograms) await build({ ...program, config: false, logLevel: 'error' });
}
