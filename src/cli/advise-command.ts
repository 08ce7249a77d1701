import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from './command-context.ts';
import { collect, type GlobalOptions } from './option-values.ts';
import { quoted } from './quoted.ts';
import { type Format, formats, runScript } from './run-script.ts';

interface AdviseCommandOptions extends GlobalOptions {
  readonly budget: string;
  readonly for?: readonly string[];
  readonly format: Format;
}

const examples = `
Examples:
  $ ballpark advise flights                                     within a tenth of the table's rows
  $ ballpark advise flights --budget 200000                     within so many rows
  $ ballpark advise flights --for origin --for origin,month     for these columns too`;

/** Adds `ballpark advise`. */
export function addAdviseCommand(program: Command, { streams, finish, withEngine }: CommandContext): void {
  program
    .command('advise')
    .summary('which samples of a table to keep')
    .description(
      'Shows which samples would serve the queries on a table best, as far as the log remembers them, and why.\n' +
        'Nothing is made or dropped: CREATE SAMPLES ON … BUDGET … does that.',
    )
    .argument('<table>', 'the table')
    .option(
      '--budget <size>',
      'room for the samples: rows, or a share of the table such as 5%',
      parseBudget,
      '10%',
    )
    .addOption(new Option('--format <format>', 'form of the answer').choices(formats).default('table'))
    .option(
      '--for <columns>',
      'columns, with commas between, that queries will filter and group by together; may be repeated',
      (text, earlier?: readonly string[]) => collect(text, earlier),
    )
    .addHelpText('after', examples)
    .action(async (table: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AdviseCommandOptions>();
      const sets = (options.for ?? []).map((text) => `(${text.split(',').map((name) => quoted(name.trim())).join(', ')})`); // prettier-ignore
      const budget = options.budget.endsWith('%') ? options.budget : `${options.budget} ROWS`;
      const sql = `EXPLAIN CREATE SAMPLES ON ${quoted(table)} BUDGET ${budget}${sets.length === 0 ? '' : ` FOR ${sets.join(', ')}`}`;
      finish(await withEngine(options, (engine) => runScript(engine, sql, { format: options.format, quiet: false }, streams))); // prettier-ignore
    });
}

/** Rows, or a share. @throws InvalidArgumentError */
function parseBudget(text: string): string {
  if (/^\d+(\.\d+)?%$|^\d+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a number of rows, or a share such as 5%.');
}
