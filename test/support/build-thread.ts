import { build } from 'tsdown';
import { scanThread } from '../../tsdown.config.ts';

/** Bundles what runs in threads: tests run the rest from its source, and Node runs no TypeScript. */
export default async function buildThread(): Promise<void> {
  await build({ ...scanThread, config: false, logLevel: 'error' });
}
