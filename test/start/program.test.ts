import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const built = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'ballpark-program-'));
const dataDir = join(folder, 'data');
const command = (sql: string, ...options: string[]) =>
  run(process.execPath, [
    ...options,
    built('cli.js'),
    '--data-dir',
    dataDir,
    '--allow',
    folder,
    'query',
    sql,
  ]);

// `npm test` builds before it tests.
describe.skipIf(!existsSync(built('index.js')))('the program as it was built', () => {
  beforeAll(async () => {
    const lines = Array.from({ length: 5000 }, (_, row) => `${row}`);
    writeFileSync(join(folder, 't.csv'), `x\n${lines.join('\n')}\n`);
    await command(`CREATE TABLE t FROM '${join(folder, 't.csv')}'; CREATE SAMPLE u ON t UNIFORM 2000 ROWS`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([[[]], [['--no-opt']]])(
    'the command answers and warns of nothing, under flags %j',
    async (flags) => {
      const { stdout, stderr } = await command('SELECT COUNT(*) FROM t WHERE x >= 0', ...flags);
      expect(stdout).toContain('5,000');
      expect(stderr).toBe('');
    },
  );

  test('the library gives tables and errors of the classes that users import', async () => {
    const user = join(folder, 'user.mjs');
    const arrow = import.meta.resolve('apache-arrow');
    writeFileSync(
      user,
      `import { openEngine, QueryError } from ${JSON.stringify(built('index.js'))};
       import { Table } from ${JSON.stringify(arrow)};
       const engine = await openEngine({ dataDir: ${JSON.stringify(dataDir)} });
       const table = (await engine.query('SELECT COUNT(*) FROM t WHERE x >= 0')).toArrow();
       const error = await engine.query('SELECT').catch((error) => error);
       await engine.close();
       console.log(JSON.stringify([table instanceof Table, table.numRows, error instanceof QueryError]));`,
    );
    const { stdout, stderr } = await run(process.execPath, [user]);
    expect(JSON.parse(stdout)).toEqual([true, 1, true]);
    expect(stderr).toBe('');
  });
});
