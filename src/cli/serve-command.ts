import { once } from 'node:events';
import type { Command } from 'commander';
import { controlOf } from '../engine/control.ts';
import type { Engine } from '../index.ts';
import { type CliStreams, hasCode, CliError, write } from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';
import { type GlobalOptions, wholeNumber } from './option-values.ts';

interface ServeOptions extends GlobalOptions {
  readonly host: string;
  readonly port: number;
}

const examples = `
Examples:
  $ ballpark serve
  $ ballpark serve --port 9000 --data-dir /var/lib/ballpark --allow /data --maintain 60
  $ curl -s localhost:8765/v1/query -H 'content-type: application/json' \\
      -d '{"sql": "SELECT AVG(delay) FROM flights WHERE distance > ?", "params": [1000]}'

POST /v1/query takes {"sql": …, "params": …} and answers in JSON; errors are application/problem+json.
GET /livez answers as long as the server is there.`;

/** Adds `ballpark serve`. */
export function addServeCommand(program: Command, { streams, withEngine }: CommandContext): void {
  program
    .command('serve')
    .summary('answer SQL over HTTP on this machine')
    .description('Answers SQL over HTTP until it is interrupted. Only this machine is served.')
    .option('--port <n>', 'port to listen at; 0: any free one', wholeNumber(0, 65_535), 8765)
    .option('--host <address>', 'loopback address to listen at', '127.0.0.1')
    .option(
      '--maintain <seconds>',
      'keep samples fresh: look so often for files that were added or changed',
      wholeNumber(1, 86_400),
    )
    .addHelpText('after', examples)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const { isLoopback } = await import('../server/index.ts');
      if (!isLoopback(options.host))
        throw new CliError(
          `cannot serve at ${options.host}: in this version only loopback addresses are served (127.0.0.1, ::1, localhost)`,
        );
      await withEngine(options, (engine) => serve(engine, options, streams));
    });
}

const listenProblems = [
  ['EADDRINUSE', 'it is in use; choose another with --port'],
  ['EACCES', 'permission denied'],
  ['EADDRNOTAVAIL', 'this machine does not have the address'],
] as const;

/** Serves until the signal says that it is enough. */
async function serve(
  engine: Engine,
  { host, port }: ServeOptions,
  { stdout, stderr, signal }: CliStreams,
): Promise<void> {
  const { startServer } = await import('../server/index.ts');
  const control = controlOf(engine);
  const log = { write: (line: string): void => void stderr.write(line) };
  const server = await startServer({ control, settings: { host, port }, log }).catch((error: unknown) => {
    const problem = listenProblems.find(([code]) => hasCode(error, code))?.[1];
    throw problem === undefined
      ? error
      : new CliError(`cannot listen at port ${port} of ${host}: ${problem}`, 1);
  });
  try {
    await write(stdout, `Ballpark answers at ${server.address}; Ctrl-C ends it.\n`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}
