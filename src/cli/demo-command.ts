import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { CliError } from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';
import { runDemo } from './demo.ts';
import type { GlobalOptions } from './option-values.ts';

/** The real flights, in the package vega-datasets. */
const flightsFile = 'flights-3m.parquet';

/** Adds `ballpark demo`. */
export function addDemoCommand(program: Command, { streams, withEngine }: CommandContext): void {
  program
    .command('demo')
    .summary('see it at work on three million flights')
    .description(
      'Asks six questions about three million real flights, of samples and of all rows, and shows both answers.\n' +
        'Works in a temporary folder, or in the one that --data-dir gives.',
    )
    .action(async (_options: unknown, command: Command) => {
      const path = findFlights();
      const options = command.optsWithGlobals<GlobalOptions>();
      const isGiven = command.getOptionValueSourceWithGlobals('dataDir') === 'cli';
      const dataDir = isGiven ? options.dataDir : await mkdtemp(join(tmpdir(), 'ballpark-demo-'));
      try {
        const settings = { ...options, dataDir, allow: [dirname(path)] };
        await withEngine(settings, (engine) => runDemo(engine, path, streams));
      } finally {
        if (!isGiven) await rm(dataDir, { recursive: true, force: true });
      }
    });
}

/** The file of flights, from the package beside this one or in the working directory. @throws CliError where it is not there */
function findFlights(): string {
  for (const from of [import.meta.url, join(process.cwd(), 'index.js')]) {
    try {
      const main = createRequire(from).resolve('vega-datasets');
      const path = join(dirname(main), '..', 'data', flightsFile);
      if (existsSync(path)) return path;
    } catch {
      // The package is not there: the next place may have it.
    }
  }
  throw new CliError(
    `the demo needs ${flightsFile} of the package vega-datasets; get it with: npm install vega-datasets`,
    1,
  );
}
