import { type Command, Option } from 'commander';
import { errorCodes, QueryError } from '../index.ts';
import { interruptedExitCode, write } from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';
import type { GlobalOptions } from './option-values.ts';
import { withProgressBar } from './progress-bar.ts';
import { type Format, formats, printAnswer } from './run-script.ts';
import { describeError } from './run-statement.ts';

interface ResilienceCommandOptions extends GlobalOptions {
  readonly format: Format;
}

const details = `
A block's class is the part of the sample's file that it begins in: rows of strata that are taken
whole, or a band of ranks. A class is critical if without it there is no answer. Up to half of its
blocks are discarded at random; distortion is by how much numbers are off then, relative to those
from all blocks. docs/operations.md says how to read the table.

Examples:
  $ ballpark resilience flights
  $ ballpark resilience flights --format csv > resilience.csv`;

/** Adds `ballpark resilience`. */
export function addResilienceCommand(
  program: Command,
  { streams, finish, withEngine }: CommandContext,
): void {
  program
    .command('resilience')
    .summary('what answers are worth where parts of samples are lost')
    .description(
      "Tries what becomes of answers from a table's samples where blocks of these cannot be read.\n" +
        "It asks what the log's latest statements ask or, where there are none, averages and sums of\n" +
        'columns, again and again without some blocks. Nothing is changed.',
    )
    .argument('<table>', 'the table')
    .addOption(new Option('--format <format>', 'form of the answer').choices(formats).default('table'))
    .addHelpText('after', details)
    .action(async (table: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ResilienceCommandOptions>();
      const { stdout, stderr, signal } = streams;
      const exitCode = await withEngine(options, async (engine) => {
        try {
          const result = await withProgressBar(stderr, (watcher) =>
            engine.resilience(
              table,
              watcher === null ? { signal } : { signal, onProgress: watcher.onProgress },
            ),
          );
          await printAnswer(result, 'resilience', { format: options.format, quiet: false }, stdout);
          return 0;
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
          if (signal.aborted) return interruptedExitCode(signal);
          await write(stderr, `${describeError(error, table, { text: table, start: 0 })}\n`);
          return errorCodes[error.code].exitCode;
        }
      });
      finish(exitCode);
    });
}
