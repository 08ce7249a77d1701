import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { version } from '../../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import type { GlobalOptions } from './option-values.ts';
import { runShell } from './shell.ts';

const examples = `
Examples:
  $ ballpark shell
  $ ballpark --data-dir /var/lib/ballpark --allow /data shell
  $ ballpark shell < script.sql

Unlike ballpark query, the shell goes on after an error. \\? in the shell lists its commands.`;

/** Adds `ballpark shell`. */
export function addShellCommand(program: Command, { streams, finish, withEngine }: CommandContext): void {
  program
    .command('shell')
    .summary('type SQL and read the answers')
    .description('Reads SQL line by line and prints the answers.')
    .addHelpText('after', examples)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const inMemory = options.dataDir === ':memory:';
      const place = inMemory ? 'memory' : resolve(options.dataDir);
      const settings = {
        greeting: `Ballpark ${version}, data in ${place}. \\? for help, Ctrl-D to leave.`,
        historyPath: inMemory ? null : join(place, 'shell-history'),
      };
      finish(await withEngine(options, (engine) => runShell(engine, streams, settings)));
    });
}
