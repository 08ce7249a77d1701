import {
  type Engine,
  errorCodes,
  linePositionOf,
  QueryError,
  type QueryOptions,
  type QueryResult,
  splitStatements,
} from '../index.ts';
import { csvPieces, inPieces } from '../engine/control.ts';
import { type CliStreams, interruptedExitCode, type Output, write } from './cli-streams.ts';
import { renderAnswer } from './render-answer.ts';
import { renderSummary } from './render-summary.ts';
import { describeError, runStatement } from './run-statement.ts';

/** Forms in which answers are printed. */
export const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

export interface ScriptOptions {
  readonly format: Format;
  /** The same for every statement. */
  readonly params?: QueryOptions['params'];
  /** Leaves out the lines under a table. */
  readonly quiet: boolean;
}

/**
 * Runs the statements of a script one after the other and prints their answers; the first error ends it.
 * @returns the exit code
 */
export async function runScript(
  engine: Engine,
  script: string,
  { format, params, quiet }: ScriptOptions,
  { stdout, stderr, signal }: CliStreams,
): Promise<number> {
  const statements = splitStatements(script);
  if (statements.length === 0) await write(stderr, 'There is no statement to run.\n');
  const options = params === undefined ? { signal } : { params, signal };
  for (const [place, statement] of statements.entries()) {
    try {
      const result = await runStatement(engine, statement.text, options, stderr);
      if (place > 0) await write(stdout, separators[format]);
      await printAnswer(result, statement.text, { format, quiet }, stdout);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      if (signal.aborted) return interruptedExitCode(signal);
      const where =
        error.span === undefined && statements.length > 1
          ? `in the statement at line ${linePositionOf(script, statement.start).line}: `
          : '';
      await write(stderr, `${where}${describeError(error, script, statement)}\n`);
      return errorCodes[error.code].exitCode;
    }
  }
  return 0;
}

/** Between the answers of two statements. */
const separators: Readonly<Record<Format, string>> = { table: '\n', json: '', csv: '\r\n' };

type Printer = (result: QueryResult, sql: string, stdout: Output, quiet: boolean) => Promise<void>;

const printers: Readonly<Record<Format, Printer>> = { table: printTable, json: printJson, csv: printCsv };

/** Prints an answer as a table with its summary. @param quiet without the summary */
export async function printTable(
  result: QueryResult,
  sql: string,
  stdout: Output,
  quiet: boolean,
): Promise<void> {
  const answer = result.toJSON();
  // A terminal that does not know its width says 0.
  const width = stdout.isTTY === true && stdout.columns !== 0 ? stdout.columns : undefined;
  const table = renderAnswer(answer, width);
  await write(stdout, quiet ? `${table}\n` : `${table}\n${renderSummary(answer, sql)}\n`);
}

/** Prints an answer in a form. @param sql what was asked; `quiet`: without the lines under a table */
export function printAnswer(
  result: QueryResult,
  sql: string,
  { format, quiet }: Pick<ScriptOptions, 'format' | 'quiet'>,
  stdout: Output,
): Promise<void> {
  return printers[format](result, sql, stdout, quiet);
}

async function printJson(result: QueryResult, _sql: string, stdout: Output): Promise<void> {
  await write(stdout, `${JSON.stringify(result)}\n`);
}

async function printCsv(result: QueryResult, _sql: string, stdout: Output): Promise<void> {
  const answer = inPieces(result);
  for (const piece of csvPieces(answer, answer.rowCount, 'keep')) await write(stdout, piece);
}
