import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogMigrations } from '../../src/catalog/index.ts';
import { sealSample } from '../../src/catalog/seals.ts';
import { type FileSystem, nodeFileSystem, systemClock } from '../../src/common/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import { type Engine, openEngine, QueryError, type QueryResult } from '../../src/index.ts';
import { LeaseStore } from '../../src/leases/index.ts';
import { Workspace } from '../support/workspace.ts';

/** Two engines on one folder, as two processes would have them, and the file itself. */
let work: Workspace;
let other: Engine;
let database: Database;
beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x, hash(i) % 1000 AS g FROM range(1000000) t(i)');
  other = await openEngine({ dataDir: join(work.folder, 'data'), allowedPaths: [work.folder], threads: 2 });
  database = openDatabase(join(work.folder, 'data', 'catalog.sqlite'), catalogMigrations);
});
afterEach(async () => {
  database.close();
  await other.close();
  await work.close();
});

const build = 'CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 50 SEED 1';
const buildQuietly = 'CREATE SAMPLE IF NOT EXISTS s ON t STRATIFIED BY (g) CAP 50 SEED 1';
const sampleFiles = (): string[] => readdirSync(join(work.folder, 'data', 'samples'));
const leases = async (): Promise<Record<string, unknown>[]> => (await work.query('SHOW LEASES')).toObjects();
/** What a statement came to. */
const outcomeOf = (running: Promise<QueryResult>): Promise<string> =>
  running.then(
    ({ answer }) => answer.reason,
    (error: unknown) => (error instanceof QueryError ? error.code : String(error)),
  );
/** Somebody else, whose wall clock is so far ahead. */
const stranger = (aheadMs = 0): LeaseStore =>
  new LeaseStore(
    database,
    { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs },
    'process 1 elsewhere',
  );

describe('one builder for a name', () => {
  test('the second is told who builds it, or waits', async () => {
    const first = outcomeOf(work.engine.query(build));
    // Under way as soon as its lease is there.
    while (!(await leases()).some(({ lease }) => lease === 'build/s')) await new Promise(setImmediate);
    const [lease] = await leases();
    expect(lease).toMatchObject({ lease: 'build/s', sample: 's', state: 'held', token: 1 });
    const refused = other.query(build.replace(' s ', ' S '));
    const waiting = outcomeOf(other.query(buildQuietly));
    await expect(refused).rejects.toMatchObject({
      code: 'LEASE_HELD',
      message: expect.stringMatching(
        /^the sample S is being built by process \d+ on .+, whose lease is good/,
      ),
      span: { start: 14, end: 15 },
    });
    expect(await first).toMatch(/^sample s drawn/);
    expect(await waiting).toBe('there is a sample s already');
    expect(await leases()).toEqual([]);
  });

  test('who waits builds it where the builder gave up', async () => {
    const gaveUp = new AbortController();
    const first = outcomeOf(work.engine.query(build, { signal: gaveUp.signal }));
    while ((await leases()).length === 0) await new Promise(setImmediate);
    const waiting = outcomeOf(other.query(buildQuietly));
    gaveUp.abort();
    expect(await first).toBe('CANCELLED');
    expect(await waiting).toMatch(/^sample s drawn/);
  });

  test('waiting can be cancelled', async () => {
    await stranger().acquire(['build/s'], 30_000);
    const patience = new AbortController();
    const waiting = outcomeOf(work.engine.query(buildQuietly, { signal: patience.signal }));
    setTimeout(() => patience.abort(), 50);
    const started = performance.now();
    expect(await waiting).toBe('CANCELLED');
    expect(performance.now() - started).toBeLessThan(400);
  });

  test('samples without names get different ones', async () => {
    const unnamed = 'CREATE SAMPLE ON t UNIFORM 1000 ROWS';
    const all = [work.engine, other, work.engine, other].map((engine) => engine.query(unnamed));
    const names = (await Promise.all(all)).map(({ rows }) => rows[0]![0] as string);
    expect(names.sort()).toEqual(['t_uniform', 't_uniform_2', 't_uniform_3', 't_uniform_4']);
  });

  test('what a crash left is in the way until its term is over', async () => {
    await stranger(-29_000).acquire(['build/s'], 30_000);
    expect((await work.error(build)).code).toBe('LEASE_HELD');
    await new Promise((resume) => setTimeout(resume, 1100));
    expect(await leases()).toMatchObject([
      { lease: 'build/s', holder: 'process 1 elsewhere', state: 'over' },
    ]);
    expect((await work.query(build)).answer.reason).toMatch(/^sample s drawn/);
  });

  test('who lost the lease publishes nothing and leaves nothing', async () => {
    const before = sampleFiles();
    let stolen: Promise<unknown> = Promise.resolve();
    const building = work.engine.query(build, {
      // A minute ahead, the lease is over.
      onProgress: () => {
        stolen = stolen.then(() => stranger(60_000).acquire(['build/s'], 30_000));
      },
    });
    await expect(building).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await stolen;
    expect(await work.values('SHOW SAMPLES')).toEqual([]);
    expect(sampleFiles()).toEqual(before);
    expect(await leases()).toMatchObject([{ holder: 'process 1 elsewhere', token: 2 }]);
  });
});

describe('a sample that is read stays', () => {
  const count = 'SELECT COUNT(*) FROM t WHERE x % 3 = 0';
  const sum = 'SELECT SUM(x) FROM t WHERE x % 5 < 2';
  beforeEach(async () => {
    await work.query(build);
  });

  test('until the other process that reads it lets go', async () => {
    await other.query(count);
    expect(await leases()).toMatchObject([{ sample: 's', state: 'held' }]);
    const { answer } = await work.query('DROP SAMPLE s');
    expect(answer.reason).toMatch(/its files go when 1 reader let go of them$/);
    expect(sampleFiles()).toHaveLength(2);
    // It is out of the catalog at once; whoever planned with it goes exact now.
    expect((await other.query(sum)).answer.mode).toBe('exact');
    await other.close();
    expect(sampleFiles()).toEqual([]);
    expect(await leases()).toEqual([]);
  });

  test('until the statements that read it have ended', async () => {
    const expected = (await work.query(sum)).toObjects();
    const modes = new Set<string>();
    for (let round = 0; round < 12; round++) {
      await work.reopen();
      const running = work.query(sum);
      for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
      const [read] = await Promise.all([running, work.query('DROP SAMPLE s')]);
      modes.add(read.answer.mode);
      // Where it was dropped before it was opened, the answer is exact.
      if (read.answer.mode === 'approximate') expect(read.toObjects()).toEqual(expected);
      expect(sampleFiles()).toEqual([]);
      await work.query(build);
    }
    expect([...modes].sort()).toEqual(['approximate', 'exact']);
  });

  test('and where it was replaced between planning and opening, the statement is planned anew', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const running = work.query(sum);
      for (let turn = 0; turn < turns % 20; turn++) {
        if (turns < 20) await Promise.resolve();
        else await new Promise(setImmediate);
      }
      // The sample that was planned with is gone; there is another one, of the same files.
      database.prepare('UPDATE samples SET id = id + 1000').run();
      sealSample(database, database.prepare('SELECT id FROM samples').get()!['id'] as number); // the only one
      expect((await running).answer.mode).toBe('approximate');
    }
  });

  test('but not for a process that is gone', async () => {
    const { id } = database.prepare('SELECT id FROM samples').get() as { id: number };
    await stranger().acquire([`read/${id}/x`], 30_000);
    await work.query('DROP SAMPLE s');
    expect(sampleFiles()).toHaveLength(2);
    database.prepare('UPDATE leases SET expires_ms = 0').run();
    await work.reopen();
    expect(sampleFiles()).toEqual([]);
    expect(await leases()).toEqual([]);
  });

  test('and what was dropped is not pinned any more', async () => {
    await other.query(count);
    await work.query('DROP SAMPLE s');
    await work.query(build);
    const [first, second] = await leases();
    expect([first!['sample'], second]).toEqual([null, undefined]);
    expect((await other.query(count)).answer.sample!.name).toBe('s');
    expect((await leases()).map(({ sample }) => sample)).toEqual([null, 's']);
  });

  test('is not what a first query waits for the device for', async () => {
    let syncs = 0;
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(path, mode) {
        const file = await nodeFileSystem.open(path, mode);
        const sync = async (): Promise<void> => {
          syncs++;
          await file.sync();
        };
        return path.endsWith('-wal') ? { ...file, sync } : file;
      },
    };
    const own = await Workspace.open({ files });
    try {
      await own.table('t', 'SELECT i AS x, i % 10 AS g FROM range(1000) t(i)');
      await own.query(build);
      expect(syncs).toBeGreaterThan(0);
      await own.reopen();
      syncs = 0;
      expect((await own.query('SELECT COUNT(*) FROM t WHERE x < 500')).answer.mode).toBe('approximate');
      expect((await own.query('SHOW LEASES')).toObjects()).toMatchObject([{ sample: 's', state: 'held' }]);
      expect(syncs).toBe(0);
    } finally {
      await own.close();
    }
  });
});
