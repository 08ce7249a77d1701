import { type Command, Option } from 'commander';
import type { ParamValue, QueryOptions } from '../index.ts';
import { CliError } from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';
import { collect, type GlobalOptions, parseNamedParam, parseParamValue } from './option-values.ts';
import { readScript } from './read-script.ts';
import { type Format, formats, runScript } from './run-script.ts';

interface QueryCommandOptions extends GlobalOptions {
  readonly file?: string;
  readonly format: Format;
  readonly param?: readonly (readonly [name: string, value: ParamValue])[];
  readonly p?: readonly ParamValue[];
  readonly quiet?: boolean;
}

const examples = `
Examples:
  $ ballpark query "CREATE TABLE flights FROM 'flights.parquet'"
  $ ballpark query "CREATE SAMPLE ON flights STRATIFIED BY (origin) CAP 1000"
  $ ballpark query "SELECT origin, AVG(delay) FROM flights GROUP BY origin ERROR WITHIN 10%"
  $ ballpark query -p 1000 "SELECT COUNT(*) FROM flights WHERE distance > ? WITHIN 50 MILLISECONDS"
  $ ballpark query --param from=ATL "SELECT AVG(delay) FROM flights WHERE origin = :from"
  $ ballpark query --format csv -f report.sql > report.csv
  $ echo "SHOW TABLES; SHOW SAMPLES" | ballpark query

A value that looks like a number, true, false or null is one; put text that looks like that in single quotes.

Exit codes: 0 done, 1 a statement failed, 2 the command line is wrong, 130 interrupted.`;

/** Adds `ballpark query`. */
export function addQueryCommand(program: Command, { streams, finish, withEngine }: CommandContext): void {
  program
    .command('query')
    .summary('run SQL and print the answers')
    .description(
      'Runs SQL statements, separated by semicolons, and prints their answers; the first error ends it.\n' +
        'The SQL comes from the arguments, from a file, or else from standard input.',
    )
    .argument('[sql...]', 'the statements; several arguments are joined with spaces')
    .option('-f, --file <file>', 'read the SQL from a file (-: standard input)')
    .addOption(new Option('--format <format>', 'form of the answers').choices(formats).default('table'))
    .option(
      '--param <name=value>',
      'value of the placeholder :name; may be repeated',
      (text, earlier?: QueryCommandOptions['param']) => collect(parseNamedParam(text), earlier),
    )
    .option('-p <value>', 'value of the next ?; may be repeated', (text, earlier?: readonly ParamValue[]) =>
      collect(parseParamValue(text), earlier),
    )
    .option('-q, --quiet', 'print tables without the lines under them')
    .addHelpText('after', examples)
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<QueryCommandOptions>();
      const { format, quiet = false } = options;
      const params = paramsOf(options);
      const script = await readScript(words, options.file, streams);
      const settings = { format, quiet, ...(params === undefined ? {} : { params }) };
      finish(await withEngine(options, (engine) => runScript(engine, script, settings, streams)));
    });
}

/** @throws CliError where both kinds of placeholders get values */
function paramsOf({ param, p }: QueryCommandOptions): QueryOptions['params'] {
  if (param !== undefined && p !== undefined)
    throw new CliError('use --param for named placeholders or -p for those by position, not both');
  // A null prototype: a placeholder may be called __proto__.
  return param === undefined ? p : Object.assign(Object.create(null), Object.fromEntries(param));
}
