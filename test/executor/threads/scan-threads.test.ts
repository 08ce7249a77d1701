import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { finish, seededRandom } from '../../../src/common/index.ts';
import { systemTimers } from '../../../src/leases/index.ts';
import { openScan, ScanThreads, type SampleScan } from '../../../src/executor/index.ts';
import {
  doubleType,
  integerType,
  layoutMoments,
  type Scalar,
  timestampType,
  varcharType,
} from '../../../src/plan/index.ts';
import type { Sample } from '../../../src/samples/index.ts';
import { arrayScan, type ArrayTable } from '../../support/array-scan.ts';
import { bindAggregate } from '../../support/ask-sample.ts';
import { buildInMemory } from '../../support/build.ts';
import { startThread } from '../../support/threads.ts';

/*
 * What threads read together is, to the last digit, what one of them reads alone, whatever becomes of a thread.
 */

const random = seededRandom(5);
const rowCount = 20_000;
const column = (value: () => Scalar): Scalar[] => Array.from({ length: rowCount }, value);
const table: ArrayTable = {
  columns: [
    { name: 'g', type: varcharType },
    { name: 'k', type: varcharType },
    { name: 'n', type: integerType },
    { name: 'x', type: doubleType },
    { name: 'd', type: doubleType },
    { name: 't', type: timestampType },
  ],
  values: [
    column(() => `g${Math.floor(random.next() * 7)}`),
    column(() => `k${Math.floor(random.next() * 900)}`),
    column(() => (random.next() < 0.05 ? null : Math.floor(random.next() * 5000))),
    column(() => 1e9 + random.next() ** 9),
    column(() => (random.next() < 0.1 ? null : Math.floor(random.next() * 40) / 8)),
    column(() => 1.7e15 + Math.floor(random.next() * 3e7) * 1e6),
  ],
};
const priorities = BigUint64Array.from(
  { length: rowCount },
  () => BigInt(Math.floor(random.next() * 2 ** 52)) << 11n,
);
const keyPriorities = new Map(table.values[1]!.map((key) => [String(key), random.next()]));
/** So that there are many tasks. */
const inSmallBlocks = (sample: Sample): Sample => ({ ...sample, blockRows: 256 });
const samples = {
  uniform: inSmallBlocks(
    await buildInMemory(arrayScan(table, { priorities }), {
      kind: 'uniform',
      unit: 'rows',
      amount: 9000,
    }),
  ),
  stratified: inSmallBlocks(
    await buildInMemory(arrayScan(table, { priorities }), { kind: 'stratified', columns: ['g'], cap: 1500 }),
  ),
  universe: inSmallBlocks(
    await buildInMemory(arrayScan(table, { priorities, keyPriorities }), {
      kind: 'universe',
      columns: ['k'],
      percent: 50,
    }),
  ),
};

const started: ScanThreads[] = [];
/** Answers of threads. */
let answers = 0;

async function threads(
  count: number,
  start: () => Worker = startThread,
  stallMs = 5000,
): Promise<ScanThreads> {
  const counted = (): Worker => start().on('message', () => answers++);
  const made = new ScanThreads(count, counted, (_, work) => systemTimers.after(stallMs, work));
  started.push(made);
  await made.prewarm();
  return made;
}
afterAll(async () => {
  for (const each of started) await each.close();
});

test.runIf(process.platform === 'linux')('threads are nicer than the main thread', async () => {
  const before = new Set(readdirSync('/proc/self/task'));
  const isNicer = (task: string): boolean => {
    const [, fields = ''] = readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ');
    return Number(fields.split(' ')[16]) === getPriority() + 5; // proc(5): the 19th of all is the nice value
  };
  await threads(2);
  await expect
    .poll(() => readdirSync('/proc/self/task').filter((task) => !before.has(task) && isNicer(task)))
    .toHaveLength(2);
});

async function open(sample: Sample, sql: string, readers: ScanThreads | null): Promise<SampleScan> {
  const query = bindAggregate(sql, table.columns);
  const { layout } = layoutMoments(query, undefined, sample.keys === null ? 'row' : 'key');
  const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout }, readers);
  if ('refused' in scan) throw new Error(scan.refused);
  return scan;
}

/** Sums by the text of group and stratum: in which order groups were met depends on who read what. */
function sumsOf(scan: SampleScan): Map<string, Float64Array> {
  const { moments, key } = finish(scan.collect());
  const stride = moments.layout.monomials.length;
  const keys = (group: number): string =>
    [0, 1].map((place) => (place < keyCount(scan) ? String(key(group, place)) : '')).join('|');
  return new Map(
    Array.from({ length: moments.cellCount }, (_, cell) => [
      `${keys(moments.cellGroup[cell]!)} in ${moments.cellStratum[cell]}`,
      moments.sums.slice(cell * stride, (cell + 1) * stride),
    ]),
  );
}

const keyCounts = new WeakMap<SampleScan, number>();
const keyCount = (scan: SampleScan): number => keyCounts.get(scan)!;

async function read(
  sample: Sample,
  sql: string,
  readers: ScanThreads | null,
  steps: readonly number[],
): Promise<{ sums: Map<string, Float64Array>; done: number[]; rows: number }> {
  const scan = await open(sample, sql, readers);
  keyCounts.set(scan, bindAggregate(sql, table.columns).keys.length);
  for (const share of steps)
    await scan.readTo(
      sample.unitSizes.map((size) => Math.ceil(size * share)),
      () => true,
    );
  return { sums: sumsOf(scan), done: [...scan.done], rows: scan.rowsRead };
}

/** How far is read, as shares of the sample. */
const steps = [0.3, 0.31, 1];

const queries = [
  'SELECT COUNT(*), SUM(x), AVG(d) FROM t',
  'SELECT SUM(x - 1000000000) FROM t WHERE n > 1000 AND d < 4',
  'SELECT g, AVG(x), AVG(n) FROM t GROUP BY g',
  "SELECT k, g, SUM(x) FROM t WHERE k LIKE 'k1%' GROUP BY k, g",
  'SELECT n, COUNT(d), SUM(x) FROM t GROUP BY n',
  'SELECT month(t), hour(t), AVG(x) FROM t GROUP BY 1, 2',
  'SELECT d * 1.5, g, SUM(n) FROM t GROUP BY 1, 2',
  'SELECT x, d, COUNT(*) FROM t GROUP BY x, d',
  'SELECT round(d), SUM(round(x / 7, 2)), COUNT(*) FILTER (WHERE n IN (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)) FROM t GROUP BY 1',
  "SELECT date_trunc('day', t), SUM(x) FROM t WHERE t + INTERVAL 1 MONTH > TIMESTAMP '2024-03-01' GROUP BY 1",
];

describe.each([2, 3])('%i threads', (count) => {
  const cases = Object.keys(samples).flatMap((name) =>
    queries.map((sql) => [name as keyof typeof samples, sql] as const),
  );
  const readers = threads(count);
  test.each(cases)('read the %s sample as one does: %s', async (name, sql) => {
    const alone = await read(samples[name], sql, null, steps);
    const before = answers;
    expect(await read(samples[name], sql, await readers, steps)).toEqual(alone);
    expect(answers).toBeGreaterThan(before + 1);
  });
});

test.each([
  ['SELECT COUNT(*), SUM(x) FROM t', 4, 12],
  ['SELECT g, SUM(x) FROM t GROUP BY g', 4, 12],
  ['SELECT k, SUM(x) FROM t GROUP BY k', 1, 9],
  // Nobody knows how many groups there may be.
  ['SELECT x, COUNT(*) FROM t GROUP BY x', 4, 12],
])('readings are cut as their groups may be: %s', async (sql, tasks, longTasks) => {
  const { uniform } = samples;
  const scan = await open(uniform, sql, null);
  await scan.readTo(Int32Array.of(4 * uniform.blockRows), () => true);
  expect([scan.tasksPlanned, scan.tasksDone, scan.rowsRead]).toEqual([tasks, tasks, 1024]);
  // A long one is cut by the groups that were met in eight blocks.
  const long = await open(uniform, sql, null);
  await long.readTo(Int32Array.of(12 * uniform.blockRows), () => true);
  expect([long.tasksPlanned, long.tasksDone, long.rowsRead]).toEqual([longTasks, longTasks, 3072]);
});

/** A thread that does something else when it gets its first share. */
function faulty(what: string): () => Worker {
  let first = true;
  return () => {
    if (!first) return startThread();
    first = false;
    return new Worker(
      `require('node:worker_threads').parentPort.on('message', ({ kind }) => { if (kind === 'share') { ${what} } });`,
      { eval: true },
    );
  };
}

const sql = 'SELECT g, n, SUM(x) FROM t GROUP BY g, n';

describe('what a thread leaves is read all the same', () => {
  test.each([
    ['exits', 'process.exit(1)'],
    ['throws', "throw new Error('no')"],
    ['stalls', 'for (;;) {}'],
    ['never answers', ''],
  ])('where it %s', async (_, what) => {
    const readers = await threads(2, faulty(what), 200);
    const alone = await read(samples.uniform, sql, null, steps);
    expect(await read(samples.uniform, sql, readers, steps)).toEqual(alone);
  });

  test('where all of them end, again and again', async () => {
    const readers = await threads(
      2,
      () =>
        new Worker("require('node:worker_threads').parentPort.on('message', () => process.exit())", {
          eval: true,
        }),
    );
    const alone = await read(samples.uniform, sql, null, steps);
    expect(await read(samples.uniform, sql, readers, steps)).toEqual(alone);
    expect(readers.isReady).toBe(false);
  });
});

describe('waiting for threads', () => {
  test('ends with the signal, and what was read in order until then is the answer', async () => {
    const readers = await threads(2, faulty('for (;;) {}'));
    const scan = await open(samples.uniform, sql, readers);
    const signal = AbortSignal.timeout(100);
    const isRead = await scan.readTo(
      samples.uniform.unitSizes,
      () => !signal.aborted,
      null,
      () => signal,
    );
    expect(isRead).toBe(false);
    // The stalled thread had the first share or the second; nothing behind it counts.
    expect(scan.rowsRead).toBeLessThan(samples.uniform.rows / 2);
    const alone = await open(samples.uniform, sql, null);
    await alone.readTo(scan.done, () => true);
    for (const each of [scan, alone]) keyCounts.set(each, 2);
    expect(sumsOf(scan)).toEqual(sumsOf(alone));
  });

  test('ends when they are closed', async () => {
    const readers = await threads(2, faulty('for (;;) {}'));
    const scan = await open(samples.uniform, sql, readers);
    const reading = scan.readTo(samples.uniform.unitSizes, () => true);
    const rejected = expect(reading).rejects.toMatchObject({ code: 'CLOSED' });
    await systemTimers.pause(100);
    await readers.close();
    await rejected;
  });
});
