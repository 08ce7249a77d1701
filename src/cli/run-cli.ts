import { Command, CommanderError, Option } from 'commander';
import { version } from '../../package.json' with { type: 'json' };
import { type Alert, type Engine, errorCodes, openEngine, QueryError, renderError } from '../index.ts';
import {
  CliError,
  type CliStreams,
  hasCode,
  interruptedExitCode,
  usageExitCode,
  write,
} from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';
import { addAdviseCommand } from './advise-command.ts';
import { addDemoCommand } from './demo-command.ts';
import {
  collect,
  type GlobalOptions,
  parseFolder,
  parseMemory,
  toOpenOptions,
  wholeNumber,
} from './option-values.ts';
import { addQueryCommand } from './query-command.ts';
import { describeBug } from './run-statement.ts';
import { addResilienceCommand } from './resilience-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addShellCommand } from './shell-command.ts';
import { addTokenCommand } from './token-command.ts';
import { visibleLines } from './visible-text.ts';

/**
 * Carries out a command line. Never throws and never ends the process.
 * @param argv the words after `ballpark`
 * @returns the exit code: 0 done, 1 failed, 2 the command line is wrong, 128 + n ended by signal n
 */
export async function runCli(argv: readonly string[], streams: CliStreams): Promise<number> {
  let exitCode = 0;
  const finish = (code: number): void => {
    exitCode = code;
  };
  try {
    const context: CommandContext = {
      streams,
      finish,
      withEngine: (options, work) => withEngine(options, streams, work),
    };
    const program = await createProgram(context, argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return await failure(error, streams).catch(() => 1); // the error stream is gone as well
  }
}

/** Tells what went wrong. @returns the exit code */
async function failure(error: unknown, { stderr, signal }: CliStreams): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode; // it has been told already
  if (hasCode(error, 'EPIPE')) return 0; // the reader has seen enough
  if (signal.aborted) return interruptedExitCode(signal);
  if (error instanceof CliError) {
    await write(stderr, `error: ${visibleLines(error.message)}\n`);
    return error.exitCode;
  }
  if (error instanceof QueryError) {
    await write(stderr, `${visibleLines(renderError(error, ''))}\n`);
    return errorCodes[error.code].exitCode;
  }
  if (error instanceof Error && 'syscall' in error) {
    await write(stderr, `error: ${visibleLines(error.message)}\n`); // the system refused: a full disk, a file for a folder
    return 1;
  }
  await write(stderr, `${describeBug(error)}\n`);
  return 1;
}

async function withEngine<T>(
  options: GlobalOptions,
  { stderr }: CliStreams,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const onAlert = ({ message }: Alert): void => void stderr.write(`warning: ${visibleLines(message)}\n`);
  const engine = await openEngine({ ...toOpenOptions(options), onAlert });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

async function createProgram(context: CommandContext, argv: readonly string[]): Promise<Command> {
  const { stdout, stderr } = context.streams;
  const program = new Command('ballpark')
    .description('Approximate answers to SQL, with intervals that can be trusted.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(ballpark --help tells more)');
  addGlobalOptions(program);
  addQueryCommand(program, context);
  addAdviseCommand(program, context);
  addResilienceCommand(program, context);
  addShellCommand(program, context);
  await addServeCommand(program, context, argv.includes('serve'));
  addTokenCommand(program, context);
  addDemoCommand(program, context);
  return program.addHelpText(
    'after',
    `
Examples:
  $ ballpark demo                                   see it at work on three million flights
  $ ballpark shell                                  type SQL
  $ ballpark query "SELECT COUNT(*) FROM flights"   run SQL
  $ ballpark serve                                  answer over HTTP

ballpark help <command> tells more about a command.`,
  );
}

function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option('--data-dir <folder>', 'folder of the catalog and the samples')
        .env('BALLPARK_DATA_DIR')
        .default('.ballpark'),
    )
    .option(
      '--allow <folder>',
      'folder that CREATE TABLE may read; may be repeated (default: the working directory)',
      (text, earlier?: readonly string[]) => collect(parseFolder(text), earlier),
    )
    .option('--threads <n>', 'threads to work with (default: all cores)', wholeNumber(1, 1024))
    .option(
      '--memory-limit <size>',
      'memory for scans and samples: bytes, 512MB, 4GiB (default: half of the memory)',
      parseMemory,
    )
    // For trials of what becomes of answers where work is lost.
    .addOption(new Option('--task-faults <rates>').env('BALLPARK_TASK_FAULTS').hideHelp());
}
