import * as fc from 'fast-check';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes, nodeFileSystem, QueryError, type FileSystem } from '../../src/common/index.ts';
import { typedTableSql } from '../support/random-queries.ts';
import { Workspace } from '../support/workspace.ts';
import { hostileStatement } from './fuzz/statements.ts';

/*
 * Whatever a statement is, what comes out is an answer or an error of ours, and no file is opened but those below the folder that may be
 * read. `npm test` asks a few thousand, `npm run fuzz` a million; BALLPARK_SEED and BALLPARK_FUZZ_RUNS say which and how many.
 */

const isLong = process.env['MODE'] === 'fuzz';
const runs = Number(process.env['BALLPARK_FUZZ_RUNS'] ?? (isLong ? 1_000_000 : 2000));
const seed = Number(process.env['BALLPARK_SEED'] ?? 20260101);
/** Statements between two looks at whether all is there still. */
const roundRuns = 500;

const secret = 'k7Qz-that-nobody-may-see';
let outside: string;
let work: Workspace;
const opened = new Set<string>();

/** Notes what is opened and listed, with links followed. */
const watched: FileSystem = {
  ...nodeFileSystem,
  open(path, mode) {
    opened.add(mode === 'read' ? realpathSync(path) : path);
    return nodeFileSystem.open(path, mode);
  },
  list(path) {
    opened.add(realpathSync(path));
    return nodeFileSystem.list(path);
  },
};

beforeAll(async () => {
  process.env['BALLPARK_FUZZ'] = secret;
  outside = mkdtempSync(join(tmpdir(), 'ballpark-outside-'));
  writeFileSync(join(outside, 'secret.csv'), `k,n\n1,${secret}\n`);
  work = await Workspace.open({ files: watched });
  symlinkSync(join(outside, 'secret.csv'), work.path('link.csv'));
  mkdirSync(work.path('plain'));
  symlinkSync(outside, work.path('linked'));
  work.write('u.csv', 'k,n,__proto__\n1,10,a\n2,20,b\n');
  await work.writeRows('t.parquet', typedTableSql(300));
  await setUp();
});
afterAll(async () => {
  await work.close();
  rmSync(outside, { recursive: true });
  delete process.env['BALLPARK_FUZZ'];
});

/** Statements drop what others ask for. */
async function setUp(): Promise<void> {
  const tables = new Set((await work.values('SHOW TABLES')).map(([name]) => String(name)));
  for (const name of tables)
    if (!['t', 'u'].includes(name)) await work.query(`DROP TABLE "${name.replaceAll('"', '""')}"`);
  await work.query(`CREATE TABLE IF NOT EXISTS u FROM '${work.path('u.csv')}'`);
  await work.query(`CREATE TABLE IF NOT EXISTS t FROM '${work.path('t.parquet')}'`);
  const samples = (await work.values('SHOW SAMPLES')).map(([name]) => String(name));
  if (samples.length > 5)
    for (const name of samples) await work.query(`DROP SAMPLE IF EXISTS "${name.replaceAll('"', '""')}"`);
  await work.query('CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 100 ROWS SEED 1');
}

const counts = { answers: 0, refusals: 0 };
const byCode = new Map<string, number>();
let slowest = { ms: 0, sql: '' };

async function check(sql: string): Promise<void> {
  const start = performance.now();
  let told: string;
  try {
    // Cross joins of cross joins may take as long as they like; what counts is how they end.
    const answer = await work.engine.query(sql, { params: [], signal: AbortSignal.timeout(2000) });
    counts.answers++;
    told = JSON.stringify(answer);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    expect(Object.keys(errorCodes)).toContain(error.code);
    expect(error.message).not.toMatch(/undefined(?! outside)|\[object|INTERNAL/);
    counts.refusals++;
    byCode.set(error.code, (byCode.get(error.code) ?? 0) + 1);
    told = `${error.message} ${error.hint}`;
  }
  const ms = performance.now() - start;
  if (ms > slowest.ms) slowest = { ms, sql };
  expect(told).not.toContain(secret);
}

test('a secret is seen where it may be read', async () => {
  work.write('seen.csv', readFileSync(join(outside, 'secret.csv')));
  await work.query(`CREATE TABLE seen FROM '${work.path('seen.csv')}'`);
  const answer = await work.query('SELECT n FROM seen');
  expect(JSON.stringify(answer)).toContain(secret);
  await work.query('DROP TABLE seen');
  rmSync(work.path('seen.csv'));
  // The device tells when a file was read last, where it is asked to.
  const probe = work.write('probe.csv', 'x');
  utimesSync(probe, 0, 1);
  readFileSync(probe);
  console.log(`times of reading are kept: ${statSync(probe).atimeMs > 0}`);
});

test(
  `${runs} statements`,
  async () => {
    const statements = hostileStatement({ in: work.folder, out: outside });
    const file = join(outside, 'secret.csv');
    const folder = realpathSync(work.folder) + sep;
    for (let done = 0; done < runs; done += roundRuns) {
      utimesSync(file, 0, 1);
      const numRuns = Math.min(roundRuns, runs - done);
      await fc.assert(fc.asyncProperty(statements, check), {
        seed: seed + done,
        numRuns,
        endOnFailure: true,
      });
      // Who only asked whether it is there has not read it.
      expect(statSync(file).atimeMs).toBe(0);
      expect([...opened].filter((path) => !`${path}${sep}`.startsWith(folder))).toEqual([]);
      await setUp();
      if (isLong && done % 10_000 === 0) process.stderr.write(`${done} ${JSON.stringify(counts)}\n`);
    }
    console.log(
      `seed ${seed}: ${counts.answers} answers, ${counts.refusals} refusals`,
      Object.fromEntries(byCode),
    );
    console.log(`the slowest took ${slowest.ms.toFixed(0)} ms: ${slowest.sql.slice(0, 300)}`);
    // The answers are not only refusals.
    expect(counts.answers).toBeGreaterThan(runs / 100);
  },
  isLong ? 0 : 120_000,
);
