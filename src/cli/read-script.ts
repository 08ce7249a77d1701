import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { type CliStreams, hasCode, CliError, write } from './cli-streams.ts';

const fileProblems: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
]);

/**
 * The SQL to run: from the arguments, a file, or else standard input.
 * @throws CliError where there are arguments and a file, or the file cannot be read
 */
export async function readScript(
  words: readonly string[],
  file: string | undefined,
  streams: CliStreams,
): Promise<string> {
  if (words.length > 0 && file !== undefined)
    throw new CliError('give the SQL as arguments or with --file, not both');
  if (words.length > 0) return words.join(' ');
  return file === undefined || file === '-' ? await readStdin(streams) : await readSqlFile(file);
}

async function readSqlFile(path: string): Promise<string> {
  try {
    return decode(await readFile(path), path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const problem = [...fileProblems].find(([code]) => hasCode(error, code))?.[1];
    throw new CliError(`cannot read ${path}: ${problem ?? String(error)}`);
  }
}

async function readStdin({ stdin, stderr, signal }: CliStreams): Promise<string> {
  if (stdin.isTTY === true) await write(stderr, 'Reading SQL from the terminal; Ctrl-D ends it.\n');
  const pieces: Uint8Array[] = [];
  for await (const piece of addAbortSignal(signal, stdin)) pieces.push(Buffer.from(piece as Uint8Array)); // no encoding is set: bytes
  return decode(Buffer.concat(pieces), 'the input');
}

function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CliError(`${source} is not text in UTF-8`);
  }
}
