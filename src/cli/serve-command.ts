import { once } from 'node:events';
import type { Command } from 'commander';
import { controlOf } from '../engine/control.ts';
import type { Engine } from '../index.ts';
import type { ServerSettings } from '../server/index.ts';
import { type CliStreams, hasCode, CliError, write } from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';

const examples = `
Every setting may stand on the command line, in the environment, or in the file that --config names; flags go before variables, these
before the file. In parentheses: default; variable; key in the file, where limits.rowsMax is {"limits": {"rowsMax": …}}. Variables hold
lists with commas. Settings that other commands have too:
{shared}

Examples:
  $ ballpark serve
  $ ballpark serve --port 9000 --data-dir /var/lib/ballpark --allow /data --maintain 60
  $ ballpark token dashboard --role read --file tokens
  $ ballpark serve --host 0.0.0.0 --token-file tokens --allowed-hosts stats.example.org
  $ ballpark serve --config ballpark.json
  $ curl -s localhost:8765/v1/query -H 'content-type: application/json' \\
      -d '{"sql": "SELECT AVG(delay) FROM flights WHERE distance > ?", "params": [1000]}'

POST /v1/query takes {"sql": …, "params": …} and answers in JSON; errors are application/problem+json.
GET /livez answers as long as the server is there.`;

/**
 * Adds `ballpark serve`.
 * @param isAsked it is this command that runs, or is asked about: its many settings are not loaded for others
 */
export async function addServeCommand(
  program: Command,
  { streams, withEngine }: CommandContext,
  isAsked: boolean,
): Promise<void> {
  const command = program
    .command('serve')
    .summary('answer SQL over HTTP')
    .description(
      'Answers SQL over HTTP until it is interrupted. Without tokens only this machine is served, and everybody on it may do everything.',
    );
  if (!isAsked) return;
  const { addSettings, helpForShared, planServing } = await import('./serve-settings.ts');
  command.option('--config <file>', 'JSON file of settings (BALLPARK_CONFIG)');
  addSettings(command);
  command
    .addHelpText('after', examples.replace('{shared}', helpForShared(command)))
    .action(async ({ config = process.env['BALLPARK_CONFIG'] }: { readonly config?: string }) => {
      const plan = await planServing(command, config ?? null);
      await withEngine(plan.engine, (engine) => serve(engine, plan.server, streams));
    });
}

const listenProblems = [
  ['EADDRINUSE', 'it is in use; choose another with --port'],
  ['EACCES', 'permission denied'],
  ['EADDRNOTAVAIL', 'this machine does not have the address'],
  ['ENOTFOUND', 'there is no such host'],
] as const;

/** Serves until the signal says that it is enough. */
async function serve(
  engine: Engine,
  settings: ServerSettings,
  { stdout, stderr, signal }: CliStreams,
): Promise<void> {
  const { startServer, SettingError } = await import('../server/index.ts');
  const control = controlOf(engine);
  const log = { write: (line: string): void => void stderr.write(line) };
  const server = await startServer({ control, settings, log }).catch((error: unknown) => {
    if (error instanceof SettingError) throw new CliError(error.message);
    const problem = listenProblems.find(([code]) => hasCode(error, code))?.[1];
    throw problem === undefined
      ? error
      : new CliError(`cannot listen at port ${settings.port} of ${settings.host}: ${problem}`, 1);
  });
  try {
    await write(stdout, `Ballpark answers at ${server.address}; Ctrl-C ends it.\n`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}
