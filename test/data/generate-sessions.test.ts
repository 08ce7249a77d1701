import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { generateSessions, main } from '../../data/generate-sessions.mjs';
import {
  browsers,
  cityCount,
  cityExponent,
  genres,
  operatingSystems,
  sessionTimeSigma,
  type Share,
  unbufferedShare,
} from '../../data/session-columns.mjs';

const rows = 1_000_000;
/** Standard errors that a figure may be off; the data do not change, so this is no matter of luck. */
const sigmas = 4;

let folder: string;
let table: string;
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballpark-data-'));
  table = await make({ name: 'sessions', threads: 1 });
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});

afterAll(async () => {
  instance.closeSync();
  await rm(folder, { recursive: true });
});

async function make(request: {
  name: string;
  seed?: number;
  threads?: number;
  rows?: number;
}): Promise<string> {
  const { path } = await generateSessions({
    rows,
    seed: 1,
    ...request,
    path: join(folder, `${request.name}.parquet`),
  });
  return path;
}

async function ask(sql: string): Promise<Record<string, number>[]> {
  const result = await connection.runAndReadAll(sql);
  const names = result.columnNames();
  return result
    .getRows()
    .map((row) => Object.fromEntries(row.map((value, place) => [names[place]!, Number(value)])));
}

async function askOne(select: string): Promise<Record<string, number>> {
  const [row] = await ask(`SELECT ${select} FROM '${table}'`);
  return row!;
}

/** Depends on every value and on the order of the rows. */
async function checksum(path: string): Promise<string> {
  const result = await connection.runAndReadAll(
    `SELECT bit_xor(hash(file_row_number, s)), count(*) FROM read_parquet('${path}', file_row_number = true) s`,
  );
  return String(result.getRows()[0]);
}

const near = (share: number, expected: number, count: number): void =>
  expect(Math.abs(share - expected)).toBeLessThan(sigmas * Math.sqrt((expected * (1 - expected)) / count));

/** Runs the command and catches what it prints. */
async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const lines: unknown[] = [];
  for (const way of ['log', 'error'] as const)
    vi.spyOn(console, way).mockImplementation((line) => lines.push(line));
  try {
    return { code: await main(args), said: lines.join('\n') };
  } finally {
    vi.restoreAllMocks();
  }
}

describe('repeatability', () => {
  test('the number of threads makes no difference', async () => {
    expect(await checksum(await make({ name: 'two-threads', threads: 2 }))).toBe(await checksum(table));
  });

  test('another seed makes other rows', async () => {
    const other = await make({ name: 'other-seed', seed: 2 });
    expect(await checksum(other)).not.toBe(await checksum(table));
    const [same] = await ask(
      `SELECT avg((a.os = b.os)::INT) AS os, avg((a.bitrate = b.bitrate)::INT) AS bitrate,
        avg((a.session_time = b.session_time)::INT) AS session_time,
        corr(a.bitrate, b.bitrate) AS related
      FROM '${table}' a JOIN '${other}' b USING (session_id)`,
    );
    // As often the same as two independent draws.
    near(
      same!['os']!,
      operatingSystems.reduce((sum, [, share]) => sum + share ** 2, 0),
      rows,
    );
    near(same!['bitrate']!, 1 / 5701, rows);
    expect(same!['session_time']).toBeLessThan(1e-4);
    expect(Math.abs(same!['related']!)).toBeLessThan(sigmas / Math.sqrt(rows));
  });

  test('a shorter table starts with the same rows, but for their times', async () => {
    const short = await make({ name: 'short', rows: 1000 });
    const [both] = await ask(`SELECT count(*) AS n FROM (
      SELECT * EXCLUDE (ts) FROM '${short}' INTERSECT SELECT * EXCLUDE (ts) FROM '${table}')`);
    expect(both!['n']).toBe(1000);
  });
});

describe('distributions', () => {
  test('rows, identifiers and times', async () => {
    const found = await askOne(
      `count(*) AS n, count(DISTINCT session_id) AS ids, min(epoch_ms(ts)) AS first, max(epoch_ms(ts)) AS last,
       corr(epoch_ms(ts), session_id) AS rising`,
    );
    expect(found['n']).toBe(rows);
    expect(found['ids']).toBe(rows);
    expect(found['rising']).toBeGreaterThan(0.999);
    const year = [Date.UTC(2025, 0, 1), Date.UTC(2026, 0, 1)] as const;
    expect(found['first']).toBeGreaterThanOrEqual(year[0]);
    expect(found['last']).toBeLessThan(year[1]);
    expect(found['last']! - found['first']!).toBeGreaterThan(0.999 * (year[1] - year[0]));
  });

  test('shares of os, genre and browser', async () => {
    const columns: Record<string, readonly Share[]> = {
      os: operatingSystems,
      genre: genres,
      browser: browsers,
    };
    for (const [column, table] of Object.entries(columns)) {
      expect(table.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 12);
      const found = await askOne(
        table.map(([value]) => `avg((${column} = '${value}')::INT) AS ${value}`).join(),
      );
      for (const [value, share] of table) near(found[value]!, share, rows);
    }
  });

  test('cities follow a power law, each in one country', async () => {
    const cities =
      await ask(`SELECT substr(city, 2)::INT AS rank, count(*) AS n, count(DISTINCT country) AS countries
      FROM '${table}' GROUP BY city ORDER BY rank`);
    expect(cities.map(({ rank }) => rank)).toEqual(
      Array.from({ length: cityCount }, (_, place) => place + 1),
    );
    expect(cities.every(({ countries }) => countries === 1)).toBe(true);
    const [{ slope } = {}] = await ask(`SELECT regr_slope(ln(n), ln(rank)) AS slope FROM (
      SELECT substr(city, 2)::INT AS rank, count(*) AS n FROM '${table}' GROUP BY city) WHERE rank BETWEEN 10 AND 1000`);
    expect(slope).toBeCloseTo(-cityExponent, 1);
    expect((await askOne('count(DISTINCT country) AS n'))['n']).toBe(50);
  });

  test('session_time is lognormal, a little different by os and genre', async () => {
    const [within] = await ask(`SELECT sqrt(sum(v * n) / sum(n)) AS sigma, sqrt(var_pop(m)) AS between FROM (
      SELECT count(*) AS n, avg(ln(session_time)) AS m, var_pop(ln(session_time)) AS v FROM '${table}' GROUP BY os, genre)`);
    expect(Math.abs(within!['sigma']! - sessionTimeSigma)).toBeLessThan(
      (sigmas * sessionTimeSigma) / Math.sqrt(2 * rows),
    );
    expect(within!['between']).toBeGreaterThan(0.02);
    const { skew, kurtosis } = await askOne(
      'skewness(ln(session_time)) AS skew, kurtosis(ln(session_time)) AS kurtosis',
    );
    expect(Math.abs(skew!)).toBeLessThan(0.02);
    expect(Math.abs(kurtosis!)).toBeLessThan(0.02);
  });

  test('bitrate, buffering and bytes', async () => {
    const found = await askOne(
      `min(bitrate) AS low, max(bitrate) AS high, avg(bitrate) AS mean, avg((buffering_ms = 0)::INT) AS smooth,
       min(buffering_ms) AS least, avg(buffering_ms) FILTER (WHERE buffering_ms > 0) AS buffered,
       corr(bytes, session_time * bitrate) AS related, corr(bitrate, ln(session_time)) AS unrelated`,
    );
    expect([found['low'], found['high'], found['least']]).toEqual([300, 6000, 0]);
    expect(found['mean']).toBeCloseTo(3150, -1);
    near(found['smooth']!, unbufferedShare, rows);
    expect(found['buffered']).toBeCloseTo(2000, -2);
    expect(found['related']).toBeGreaterThan(0.99);
    expect(Math.abs(found['unrelated']!)).toBeLessThan(sigmas / Math.sqrt(rows));
  });
});

describe('the file', () => {
  test('is kept where it was made with the same rows and seed, and made anew for others', async () => {
    const path = await make({ name: 'kept', rows: 10 });
    await utimes(path, 1, 1);
    expect((await generateSessions({ path, rows: 10, seed: 1 })).made).toBe(false);
    expect((await stat(path)).mtimeMs).toBe(1000);
    expect((await generateSessions({ path, rows: 10, seed: 2 })).made).toBe(true);
    expect((await generateSessions({ path, rows: 11, seed: 2 })).made).toBe(true);
    expect(await ask(`SELECT count(*) AS n FROM '${path}'`)).toEqual([{ n: 11 }]);
  });

  test('of someone else is not overwritten', async () => {
    const path = join(folder, 'foreign.parquet');
    await writeFile(path, 'not ours');
    await expect(generateSessions({ path, rows: 10, seed: 1 })).rejects.toThrow(
      'was not made by this generator',
    );
  });
});

describe('the command', () => {
  test('makes a file once', async () => {
    const args = ['--rows', '10', '--out', join(folder, 'command.parquet')];
    expect(await run(...args)).toMatchObject({ code: 0, said: expect.stringContaining('made ') });
    expect(await run(...args)).toMatchObject({ code: 0, said: expect.stringContaining('there already') });
  });

  test.each([
    [['--out', 'x.parquet'], '--rows and --out are needed'],
    [['--rows', 'many', '--out', 'x.parquet'], 'rows must be a whole number'],
    [['--rows', '10', '--seed', '-1', '--out', 'x.parquet'], 'argument is ambiguous'],
    [['--rows', '10', '--seed=1.5', '--out', 'x.parquet'], 'seed must be a whole number'],
    [['--rows', '10', '--threads', '0', '--out', 'x.parquet'], 'threads must be a whole number'],
    [['--row', '10'], "Unknown option '--row'"],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, said } = await run(...args);
    expect(code).toBe(2);
    expect(said).toContain(message);
    expect(said).toContain('usage:');
  });
});
