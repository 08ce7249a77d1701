import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { completionsOf } from '../../src/cli/shell-completion.ts';
import { ShellHistory } from '../../src/cli/shell-history.ts';
import { ShellSession } from '../../src/cli/shell-session.ts';
import { parseShellCommand } from '../../src/cli/shell-input.ts';
import { type Engine, QueryError } from '../../src/index.ts';
import { makeWorkplace, peopleCsv, run, terminal, type Workplace } from './support.ts';

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
  const path = await place.write('people.csv', peopleCsv(3000));
  expect((await run([...place.options, 'query', `CREATE TABLE people FROM '${path}'`])).code).toBe(0);
});
afterAll(() => place.remove());

const shell = (input: string) => run([...place.options, 'shell'], { input });
const firstCells = (out: string): string[] => [...out.matchAll(/^ +(\S+)/gm)].map((match) => match[1]!);

describe('a shell without a terminal', () => {
  test('runs statements as their semicolons come, and the last one without', async () => {
    const { code, out, err } = await shell(
      "SELECT 'a;\nb' AS s\n FROM people LIMIT 1; SELECT 2 AS two -- ;\nFROM people LIMIT 1;\nSELECT 3 AS three FROM people LIMIT 1",
    );
    expect([code, err]).toEqual([0, '']);
    expect(firstCells(out)).toEqual(['s', 'a;␊b', 'two', '2', 'three', '3']);
    expect(out).not.toContain('ballpark>');
  });

  test('goes on after an error, and tells of it in the end', async () => {
    const { code, out, err } = await shell(
      'SELECT 1 AS one FROM people LIMIT 1;\nSELEC;\nSELECT\n  agee FROM people;\nSELECT 2 AS two FROM people LIMIT 1;\n',
    );
    expect(code).toBe(1);
    expect(firstCells(out)).toEqual(['one', '1', 'two', '2']);
    expect(err).toContain('line 1: SELEC;\n        ^^^^^\n');
    expect(err).toContain('line 2:   agee FROM people;\n          ^^^^\n');
  });

  test('knows its own commands', async () => {
    const { out, err } = await shell('\\d\n\\d people\n\\ds\n\\?\n\\bad\nexit;\nSELECT 9 FROM people;\n');
    expect(out).toContain(' people │ 3000 │');
    expect(out).toContain(' city        │ VARCHAR');
    expect(out).toContain('(no rows)\nthe samples of the catalog');
    expect(out).toContain('Statements end with a semicolon');
    expect(err).toBe('there is no command \\bad; \\? lists them\n');
    expect(firstCells(out)).not.toContain('9');
  });

  test('a command inside a statement is part of it', async () => {
    const { out } = await shell("SELECT '\nexit\n' AS s FROM people LIMIT 1;");
    expect(out).toContain('␊exit␊');
  });

  test('nothing but comments', async () => {
    expect(await shell('-- nothing\n\n/* ; */\n')).toEqual({ code: 0, out: '', err: '' });
  });

  test('a long statement takes time that grows with its length only', async () => {
    const words = Array.from({ length: 20_000 }, (_, row) => `  ${row},`).join('\n');
    const { err } = await shell(`SELECT\n${words}\n 1 FROM people;`);
    expect(err).toContain('LIMIT_EXCEEDED');
  });
});

test('a bug in the engine does not end the shell', async () => {
  const { stdin, stdout, stderr } = terminal();
  const asked: string[] = [];
  const query = (sql: string): Promise<never> => {
    asked.push(sql);
    return Promise.reject(
      sql === 'A' ? new TypeError('x is undefined') : new QueryError('CLOSED', 'no more'),
    );
  };
  const events = { onInput: () => Promise.resolve(), onCatalogChange: () => undefined };
  const streams = { stdin, stdout, stderr, signal: new AbortController().signal };
  const session = new ShellSession({ query } as unknown as Engine, streams, events); // nothing else is called
  expect(await session.accept('A; B;')).toBe(true);
  expect(asked).toEqual(['A', 'B']);
  expect(stderr.text).toMatch(
    /^ballpark failed, which is a bug in it:\nTypeError: x is undefined\n +at .*\nCLOSED: no more\n$/s,
  );
  expect(session.hasFailed).toBe(true);
});

describe('a shell on a terminal', () => {
  const start = (options: readonly string[] = place.options) => {
    const screen = terminal();
    const interrupt = new AbortController();
    const { stdin, stdout, stderr } = screen;
    const ended = runCli([...options, 'shell'], { stdin, stdout, stderr, signal: interrupt.signal });
    /** Types something and waits for what is shown after it. */
    const type = async (keys: string, shown: string, on = stdout): Promise<string> => {
      const from = on.text.length;
      stdin.write(keys);
      await on.waitFor(shown, from);
      return on.text.slice(from);
    };
    return { ...screen, ended, type, interrupt };
  };

  test('greets, prompts, continues, answers and leaves', async () => {
    const { stdin, stdout, ended, type } = start();
    await stdout.waitFor('ballpark> ');
    expect(stdout.text).toMatch(/^Ballpark \d/);
    await type('SELECT 1 AS one\r', '     ...> ');
    const shown = await type('FROM people LIMIT 1;\r', 'ballpark> ');
    expect(shown).toContain(' one\n─────\n   1\n');
    stdin.end('\u0004');
    expect(await ended).toBe(0);
  });

  test('Ctrl-C drops what has been typed', async () => {
    const { stdout, ended, type } = start();
    await stdout.waitFor('ballpark> ');
    await type('SELECT nonsense\r', '     ...> ');
    await type('FROM', 'FROM');
    await type('\u0003', 'ballpark> ');
    const shown = await type('SELECT 2 AS two FROM people LIMIT 1;\r', 'exact ·');
    expect(shown).toContain(' two\n');
    await type('\\q\r', '');
    expect(await ended).toBe(0);
  });

  test('Ctrl-C stops the running statement and no more', async () => {
    const { stdout, stderr, ended, type, stdin } = start();
    await stdout.waitFor('ballpark> ');
    await type(
      'SELECT COUNT(*) FROM people a JOIN people b ON a.age < b.age JOIN people c ON b.age < c.age;\r',
      '\n',
    );
    setTimeout(() => stdin.write('\u0003'), 300);
    await stderr.waitFor('CANCELLED');
    await type('SELECT 2 AS two FROM people LIMIT 1;\r', ' two\n');
    stdin.end('\u0004');
    expect(await ended).toBe(0);
  });

  test('a signal ends it', async () => {
    const { stdout, ended, interrupt } = start();
    await stdout.waitFor('ballpark> ');
    interrupt.abort('SIGTERM');
    expect(await ended).toBe(143);
  });

  test('the history keeps whole statements, also for the next shell', async () => {
    const options = ['--data-dir', join(place.folder, 'history')];
    const first = start(options);
    await first.stdout.waitFor('ballpark> ');
    await first.type("SELECT 'older' FROM nothing;\r", 'UNKNOWN_TABLE', first.stderr);
    await first.type('\u001b[A', "SELECT 'older'");
    await first.type('\u001b[B', 'ballpark> ');
    await first.type('SELECT *\r', '     ...> ');
    await first.type('\u001b[A', "SELECT 'older'"); // the line before is no entry
    await first.type('\u001b[B', '     ...> ');
    await first.type('FROM nowhere;\r', 'nowhere\n', first.stderr);
    await first.type('\\q\r', '');
    expect(await first.ended).toBe(0);
    const saved = await readFile(join(place.folder, 'history', 'shell-history'), 'utf8');
    expect(saved).toBe('"SELECT \'older\' FROM nothing;"\n"SELECT *\\nFROM nowhere;"\n');

    const second = start(options);
    await second.stdout.waitFor('ballpark> ');
    const up = '\u001b[A';
    await second.type(up, 'FROM nowhere;');
    await second.type(up, "SELECT 'older'");
    await second.type('\r', 'there is no table nothing', second.stderr);
    second.stdin.end('\u0004');
    expect(await second.ended).toBe(0);
  });

  test('Tab completes names of the catalog', async () => {
    const { stdout, stdin, ended, type } = start();
    await stdout.waitFor('ballpark> ');
    stdin.write('SELECT cit');
    await new Promise((resume) => setTimeout(resume, 50)); // a Tab that comes in one piece with text is text
    await type('\t', 'y');
    await type(' FROM people LIMIT 1;\r', ' city\n');
    stdin.end('\u0004');
    expect(await ended).toBe(0);
  });
});

test.each([
  ['exit', { kind: 'exit' }],
  [' QUIT ;', { kind: 'exit' }],
  ['\\q', { kind: 'exit' }],
  ['help;', { kind: 'help' }],
  ['\\d', { kind: 'sql', sql: 'SHOW TABLES' }],
  ['\\d "my t";', { kind: 'sql', sql: 'DESCRIBE "my t"' }],
  ['\\ds ;;', { kind: 'sql', sql: 'SHOW SAMPLES' }],
  ['\\ds x', { kind: 'unknown', word: '\\ds x' }],
  ['\\x', { kind: 'unknown', word: '\\x' }],
  ['exit now', null],
  ['SELECT 1;', null],
  ['', null],
])('the line %j', (line, command) => {
  expect(parseShellCommand(line)).toEqual(command);
});

test.each([
  ['sel', ['select'], 'sel'],
  ['SELECT DEL', ['delay', 'DELAY_2'], 'DEL'],
  ['select "My', [], 'My'],
  ['select dis', ['distinct'], 'dis'],
  ['select 1 ', [], ''],
])('what %j may go on as', (line, completions, part) => {
  const names = ['delay', 'DELAY_2', 'My Table'];
  const [found, replaced] = completionsOf(line, names);
  expect([found.filter((word) => !word.startsWith('"')), replaced]).toEqual([completions, part]);
});

test('a damaged history is read as far as it goes, a long one is cut', async () => {
  const path = await place.write('shell-history', `"a"\nnonsense\n12\n${'"b"\n'.repeat(2500)}"c\\nd"\n`);
  const lines: string[] = ['x'];
  (await ShellHistory.load(path)).showIn(lines);
  expect(lines).toHaveLength(1000);
  expect(lines.slice(0, 2)).toEqual(['c\nd', 'b']);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(1001);
});
