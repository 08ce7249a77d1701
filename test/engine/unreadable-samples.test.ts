import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { systemTimers, type Timers } from '../../src/leases/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
/** What becomes of a read of a sample's rows instead of what should. */
let instead: ((read: () => Promise<number>, into: Uint8Array) => Promise<number>) | null;
/** Reads of a sample's rows so far. */
let reads: number;
/** Milliseconds that the clock is ahead. */
let ahead: number;

const files: FileSystem = {
  ...nodeFileSystem,
  async open(path, mode) {
    const file = await nodeFileSystem.open(path, mode);
    if (mode !== 'read' || !/sample-\d+\.arrow$/.test(path)) return file;
    return {
      ...file,
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
  after: (delayMs, task) => systemTimers.after(delayMs === 2000 ? 50 : delayMs, task),
};
const failWith = (code: string) => (): Promise<number> =>
  Promise.reject(Object.assign(new Error(code), { code }));
const never = (): Promise<number> => new Promise(() => undefined);

const question = 'SELECT SUM(x) FROM t WHERE x % 3 = 0';
const stateOf = async (): Promise<unknown> => (await work.query('SHOW SAMPLES')).toObjects()[0]!['state'];

beforeEach(async () => {
  [instead, reads, ahead] = [null, 0, 0];
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
