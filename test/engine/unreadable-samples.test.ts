import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { systemTimers, type Timers } from '../../src/leases/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
/** What becomes of a read of a sample's rows instead of what should. */
let instead: ((read: () => Promise<number>, into: Uint8Array) => Promise<number>) | null;
/** Reads of a sample's rows so far. */
let reads: number;
/** Whether closing a file of a sample fails, all of them: that of the strata as well. */
let closingFails: boolean;
/** Milliseconds that the clock is ahead. */
let ahead: number;
/** How long a call of the device may take, milliseconds. */
let callMs: number;

const files: FileSystem = {
  ...nodeFileSystem,
  async open(path, mode) {
    const file = await nodeFileSystem.open(path, mode);
    const close = async (): Promise<void> => {
      await file.close();
      if (closingFails) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    if (mode !== 'read' || !/sample-\d+\.(strata\.)?arrow$/.test(path)) return file;
    if (path.endsWith('.strata.arrow')) return { ...file, close };
    return {
      ...file,
      close,
      read(into, position) {
        reads++;
        const read = (): Promise<number> => file.read(into, position);
        return instead === null ? read() : instead(read, into);
      },
    };
  },
};
/** Waits of seconds take milliseconds; those for leases stay as they are. */
const timers: Timers = {
  ...systemTimers,
  after: (delayMs, task) => systemTimers.after(delayMs === 2000 ? callMs : delayMs, task),
};
const failWith = (code: string) => (): Promise<number> =>
  Promise.reject(Object.assign(new Error(code), { code }));
const never = (): Promise<number> => new Promise(() => undefined);

const question = 'SELECT SUM(x) FROM t WHERE x % 3 = 0';
const stateOf = async (): Promise<unknown> => (await work.query('SHOW SAMPLES')).toObjects()[0]!['state'];

beforeEach(async () => {
  [instead, reads, ahead, callMs, closingFails] = [null, 0, 0, 50, false];
  const clock = { nowMs: () => Date.now() + ahead, monotonicMs: () => performance.now() };
  work = await Workspace.open({ files, timers, clock });
  await work.table('t', 'SELECT i AS x FROM range(50000) t(i)');
  await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
  await work.reopen();
});
afterEach(async () => {
  instead = null;
  await work.close();
});

test('a device that reports an error once is asked again', async () => {
  instead = () => {
    instead = null;
    return failWith('EIO')();
  };
  expect((await work.query(question)).answer.mode).toBe('approximate');
  expect(await stateOf()).toBe('sound');
});

test('one that reports it twice has damaged the sample', async () => {
  instead = failWith('EIO');
  const { answer } = await work.query(question);
  expect(answer).toMatchObject({ mode: 'exact', met: true });
  expect(answer.reason).toMatch(/the sample s is damaged: .* the device reported an error, twice/);
  expect(await stateOf()).toBe('damaged');
  instead = null;
  reads = 0;
  await work.reopen();
  expect((await work.query(question)).answer.mode).toBe('exact');
  expect(reads).toBe(0);
});

test('one that cannot close what it has read has damaged nothing', async () => {
  closingFails = true;
  expect((await work.query(question)).answer.mode).toBe('approximate');
  await work.reopen();
  expect((await work.query(question)).answer.mode).toBe('approximate');
  expect(await stateOf()).toBe('sound');
});

describe('a device that does not answer', () => {
  test('is not waited for; the sample is tried again later', async () => {
    instead = never;
    const { answer } = await work.query(question);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
    expect(answer.reason).toMatch(/the sample s is unavailable: .* was not read within 2000 ms/);
    expect(await stateOf()).toBe('unavailable');
    instead = null;
    expect((await work.query(question)).answer.mode).toBe('exact');
    ahead = 31_000;
    expect((await work.query(question)).answer.mode).toBe('approximate');
    expect(await stateOf()).toBe('sound');
  });

  test('holds up neither closing nor the next engine', async () => {
    instead = never;
    await work.query(question);
    await work.reopen();
    instead = null;
    expect((await work.query(question)).answer.mode).toBe('approximate');
  });

  test('nor does what it delivers late get into an answer', async () => {
    const { rows } = await work.query(question);
    await work.reopen();
    let deliver = (): void => undefined;
    instead = (_read, into) =>
      new Promise((resolve) => {
        deliver = () => resolve(into.fill(255).length);
      });
    await work.query(question);
    instead = null;
    deliver();
    ahead = 31_000;
    expect((await work.query(question)).rows).toEqual(rows);
  });
});

test.each(['EMFILE', 'EACCES'])('%s says nothing of the sample', async (code) => {
  instead = failWith(code);
  expect((await work.query(question)).answer.mode).toBe('exact');
  expect(await stateOf()).toBe('unavailable');
});

test('neither does a statement that is cancelled', async () => {
  const giveUp = new AbortController();
  instead = (read) => {
    giveUp.abort();
    return read();
  };
  await expect(work.engine.query(question, { signal: giveUp.signal })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
  expect(await stateOf()).toBe('sound');
});

describe('within a deadline', () => {
  // Long enough for a machine with other work.
  const within = 'WITHIN 2 SECONDS';
  const perBlock = 65_536;
  beforeEach(async () => {
    callMs = 5000;
    await work.table('big', 'SELECT i AS x FROM range(400000) t(i)');
    await work.query('CREATE SAMPLE large ON big UNIFORM 300000 ROWS SEED 1');
    // The source is open from now on, and how fast it is is known.
    await work.query('EXACT SELECT SUM(x) FROM big');
  });
  /** Reads up to so many are answered, the others never. */
  const upTo =
    (most: number) =>
    (read: () => Promise<number>): Promise<number> =>
      reads <= most ? read() : never();
  const stateOfLarge = async (): Promise<unknown> =>
    (await work.query('SHOW SAMPLES')).toObjects().find(({ sample }) => sample === 'large')!['state'];

  test('a device that does not answer leaves the source its time', async () => {
    instead = never;
    const { answer } = await work.query(`SELECT SUM(x) FROM big WHERE x % 3 = 0 ${within}`);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
    expect(answer.reason).toMatch(/the sample large is unavailable: it was not read in time/);
    expect(answer.achieved.elapsedMs).toBeGreaterThan(750);
    expect(await stateOfLarge()).toBe('sound');
  });

  test('one that stops answering leaves what was read', async () => {
    await work.reopen();
    [reads, instead] = [0, upTo(3)];
    const { answer } = await work.query(`SELECT SUM(x) FROM big WHERE x % 3 = 0 ${within}`);
    expect(answer).toMatchObject({ mode: 'approximate', met: true, sample: { name: 'large' } });
    expect(answer.sample!.rowsRead).toBeGreaterThan(4000);
    expect(answer.sample!.rowsRead % perBlock).toBe(0);
    expect(await stateOfLarge()).toBe('sound');
  });

  test('a table that is itself a sample has nothing else', async () => {
    const path = await work.writeRows('given.parquet', 'SELECT i AS x, 10 AS w FROM range(1000) t(i)');
    await work.query(`CREATE TABLE given FROM '${path}' SAMPLED WEIGHT w`);
    await work.reopen();
    instead = never;
    const error = await work.error(`SELECT SUM(x) FROM given WHERE x % 3 = 0 ${within}`);
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(error.message).toMatch(/could not be read within 2000 ms/);
  });

  test('others that read the sample wait on', async () => {
    await work.reopen();
    instead = (read) => new Promise((resolve) => setTimeout(() => resolve(read()), 300));
    // Nor is one that is merely slow held against the sample.
    const [hurried, patient] = await Promise.all([
      work.query(`SELECT SUM(x) FROM big WHERE x % 3 = 0 WITHIN 200 MILLISECONDS`).catch(() => null),
      work.query('SELECT SUM(x) FROM big WHERE x % 3 = 0'),
    ]);
    expect(hurried?.answer.mode).not.toBe('approximate');
    expect(patient.answer.mode).toBe('approximate');
    expect(await stateOfLarge()).toBe('sound');
  });

  test('what a sample gave before it broke is the answer where the exact one is late', async () => {
    const done = new AbortController();
    const slow = 'EXACT SELECT COUNT(*) FROM big a JOIN big b ON a.x > b.x';
    const busy = [1, 2].map(() => work.engine.query(slow, { signal: done.signal }).catch(() => null));
    [reads, instead] = [0, (read) => (reads <= 3 ? read() : failWith('EIO')())];
    const tight = `SELECT SUM(x) FROM big WHERE x % 3 = 0 ERROR WITHIN 0.0001% ${within} ON MISS EXACT`;
    const { answer } = await work.query(tight).finally(() => done.abort());
    expect(answer).toMatchObject({ mode: 'approximate', met: false, sample: { name: 'large' } });
    expect(answer.notes.join()).toMatch(/the exact answer was not ready before the deadline/);
    expect(await stateOfLarge()).toBe('damaged');
    await Promise.all(busy);
  });
});
