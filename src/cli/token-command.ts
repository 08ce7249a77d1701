import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { CliError, write } from './cli-streams.ts';
import type { CommandContext } from './command-context.ts';

interface TokenOptions {
  readonly role: 'read' | 'admin';
  readonly file?: string;
}

const examples = `
Examples:
  $ ballpark token dashboard --role read --file tokens
  $ ballpark serve --token-file tokens
  $ curl -s localhost:8765/v1/query -H "authorization: Bearer $TOKEN" …

The token is shown once, and the server keeps only its hash. Two entries of one name are two tokens of one client: to change a token,
add another, start the server anew, and take the old line out when nobody uses it any more.`;

/** Adds `ballpark token`. */
export function addTokenCommand(program: Command, { streams: { stdout, stderr } }: CommandContext): void {
  program
    .command('token')
    .summary('make a token for the HTTP endpoint')
    .description(
      'Makes a token by which a client may ask a server, and the entry by which the server knows it.',
    )
    .argument('<name>', 'who it is for; several may share a name')
    .addOption(
      new Option('--role <role>', 'read: ask; admin: change tables and samples too')
        .choices(['read', 'admin'])
        .makeOptionMandatory(),
    )
    .option(
      '--file <file>',
      'adds the entry to the file, which is made where there is none, and prints the token alone',
    )
    .addHelpText('after', examples)
    .action(async (name: string, { role, file }: TokenOptions) => {
      const { makeToken, SettingError } = await import('../server/index.ts');
      try {
        const { token, entry } = makeToken(name, role);
        if (file !== undefined) await appendEntry(file, entry);
        await write(stdout, file === undefined ? `token  ${token}\nentry  ${entry}\n` : `${token}\n`);
        if (file !== undefined) await write(stderr, `added an entry for ${name} to ${file}\n`);
      } catch (error) {
        throw error instanceof SettingError ? new CliError(error.message) : error;
      }
    });
}

/** Adds a line to a file, which only its owner may read where it is new. */
async function appendEntry(file: string, entry: string): Promise<void> {
  const before = existsSync(file) ? await readFile(file, 'utf8') : '';
  const end = before === '' || before.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${end}${entry}\n`, { mode: 0o600 });
}
