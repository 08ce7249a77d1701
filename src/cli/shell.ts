import { type CompleterResult, createInterface, type Interface } from 'node:readline';
import type { Engine } from '../index.ts';
import { type CliStreams, interruptedExitCode, write } from './cli-streams.ts';
import { CatalogNames, completionsOf } from './shell-completion.ts';
import { entriesMax, ShellHistory } from './shell-history.ts';
import { ShellSession } from './shell-session.ts';

const prompt = 'ballpark> ';
const continuationPrompt = '     ...> ';

export interface ShellOptions {
  /** Shown first on a terminal. */
  readonly greeting: string;
  /** null: what is typed is not kept. */
  readonly historyPath: string | null;
}

/**
 * Reads statements line by line and prints their answers, until the input ends or says to leave. On a terminal with prompts,
 * editing, history and completion; otherwise plainly.
 * @returns the exit code: on a terminal 0, otherwise 1 where a statement failed
 */
export async function runShell(
  engine: Engine,
  streams: CliStreams,
  { greeting, historyPath }: ShellOptions,
): Promise<number> {
  const { stdin, stdout, signal } = streams;
  if (stdin.isTTY !== true || stdout.isTTY !== true) return await runPlainShell(engine, streams);
  const names = new CatalogNames(engine);
  const history = await ShellHistory.load(historyPath);
  const session = new ShellSession(engine, streams, {
    onInput: (text) => history.add(text),
    onCatalogChange: () => names.forget(),
  });
  await write(stdout, `${greeting}\n`);
  const lines = createInterface({
    input: stdin,
    output: stdout,
    terminal: true,
    history: history.showIn([]),
    historySize: entriesMax + 1,
    completer: (line: string, answer: (error: null, result: CompleterResult) => void) => {
      const complete = (known: readonly string[]): void => answer(null, completionsOf(line, known));
      names.get().then(complete, () => complete([]));
    },
  });
  // Readline has just put the line into its list. A line of a statement is no entry; the whole statement will be.
  lines.on('history', (shown) => void history.showIn(shown));
  lines.on('SIGINT', () => interrupt(session, lines, streams));
  const hasEnded = await readLines(lines, session, signal, () => showPrompt(lines, session));
  if (hasEnded) await write(stdout, '\n'); // the prompt has no line of its own yet
  return signal.aborted ? interruptedExitCode(signal) : 0;
}

async function runPlainShell(engine: Engine, streams: CliStreams): Promise<number> {
  const { stdin, signal } = streams;
  const session = new ShellSession(engine, streams, {
    onInput: () => Promise.resolve(),
    onCatalogChange: () => undefined,
  });
  await readLines(createInterface({ input: stdin, terminal: false }), session, signal, () => undefined);
  if (signal.aborted) return interruptedExitCode(signal);
  await session.finish();
  return session.hasFailed ? 1 : 0;
}

/** Gives the session line after line. @returns false where it wanted no more, true where there was no more */
async function readLines(
  lines: Interface,
  session: ShellSession,
  signal: AbortSignal,
  beforeEach: () => void,
): Promise<boolean> {
  const stop = (): void => lines.close();
  signal.addEventListener('abort', stop);
  try {
    beforeEach();
    for await (const line of lines) {
      if (!(await session.accept(line))) return false;
      if (signal.aborted) break;
      beforeEach();
    }
    return true;
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}

function showPrompt(lines: Interface, session: ShellSession): void {
  lines.setPrompt(session.isOpen ? continuationPrompt : prompt);
  lines.prompt();
}

/** Ctrl-C: stops the running statement, else drops what has been typed. */
function interrupt(session: ShellSession, lines: Interface, { stdout }: CliStreams): void {
  if (session.cancel()) return;
  session.drop();
  lines.write(null, { ctrl: true, name: 'e' }); // to the end of the line,
  lines.write(null, { ctrl: true, name: 'u' }); // and rub it out
  stdout.write('^C\n');
  showPrompt(lines, session);
}
