import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/common/index.ts';
import type { CellSums } from '../../../src/executor/cell-table.ts';
import type { CompiledScan } from '../../../src/executor/compile-scan.ts';
import { openScan, ScanThreads } from '../../../src/executor/index.ts';
import { type Cells, newCells } from '../../../src/executor/scan-program.ts';
import { type ScanTask, tasksOf } from '../../../src/executor/tasks.ts';
import type { ToThread } from '../../../src/executor/threads/messages.ts';
import { systemTimers } from '../../../src/leases/index.ts';
import { doubleType, integerType, layoutMoments, type Scalar, varcharType } from '../../../src/plan/index.ts';
import type { Sample } from '../../../src/samples/index.ts';
import { arrayScan, type ArrayTable } from '../../support/array-scan.ts';
import { bindAggregate } from '../../support/ask-sample.ts';
import { buildInMemory } from '../../support/build.ts';
import { startThread } from '../../support/threads.ts';

/*
 * What this thread reads with others beside it is what it reads alone, whatever becomes of them.
 */

const random = seededRandom(3);
const rowCount = 20_000;
const column = (value: () => Scalar): Scalar[] => Array.from({ length: rowCount }, value);
const table: ArrayTable = {
  columns: [
    { name: 'g', type: varcharType },
    { name: 'n', type: integerType },
    { name: 'x', type: doubleType },
  ],
  values: [
    column(() => `g${Math.floor(random.next() * 7)}`),
    column(() => Math.floor(random.next() * 12)),
    column(() => 1e9 + random.next() ** 9),
  ],
};
const priorities = BigUint64Array.from(
  { length: rowCount },
  () => BigInt(Math.floor(random.next() * 2 ** 52)) << 11n,
);
/** So that there are many tasks. */
const inSmallBlocks = (sample: Sample): Sample => ({ ...sample, blockRows: 256 });
const samples = {
  uniform: inSmallBlocks(
    await buildInMemory(arrayScan(table, { priorities }), { kind: 'uniform', unit: 'rows', amount: 9000 }),
  ),
  stratified: inSmallBlocks(
    await buildInMemory(arrayScan(table, { priorities }), { kind: 'stratified', columns: ['g'], cap: 1500 }),
  ),
};

const started: ScanThreads[] = [];
afterAll(async () => {
  for (const each of started) await each.close();
});

/** Counts what threads are told to read by messages. */
let told = 0;
async function threads(count: number, start: () => Worker = startThread): Promise<ScanThreads> {
  const watched = (): Worker => {
    const worker = start();
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: ToThread) => {
      if (message.kind === 'beside') told++;
      post(message);
    };
    return worker;
  };
  const made = new ScanThreads(count, watched, (ms, work) => systemTimers.after(ms, work));
  started.push(made);
  await made.prewarm();
  return made;
}

/** A reading that can be had again and again. */
interface Reading {
  readonly sample: Sample;
  readonly parts: CompiledScan;
  readonly tasks: readonly ScanTask[];
}

async function reading(name: keyof typeof samples, sql: string): Promise<Reading> {
  const sample = samples[name];
  const query = bindAggregate(sql, table.columns);
  const { layout } = layoutMoments(query, undefined, 'row');
  const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout });
  if ('refused' in scan) throw new Error(scan.refused);
  await scan.readTo(sample.unitSizes, () => true);
  const parts = Reflect.get(scan, 'parts') as CompiledScan; // it is none of others' business
  return { sample, parts, tasks: tasksOf(sample, new Int32Array(sample.strata.count), sample.unitSizes) };
}

/** All sums, by stratum and code. */
function sumsOf(cells: Cells, { cells: { stride } }: CompiledScan['program']): Map<string, number[]> {
  cells.flush();
  const slots = Array.from({ length: stride }, (_, slot) => slot);
  return new Map(
    Array.from({ length: cells.count }, (_, cell) => [
      `${cells.stratumOf(cell)} ${cells.codeOf(cell)}`,
      slots.map((slot) => cells.total(cell, slot)),
    ]),
  );
}

/** @param readers null: this thread reads alone @param pauseMs what it takes longer for each task */
function read(
  { sample, parts: { program, kernel, inputs }, tasks }: Reading,
  readers: ScanThreads | null,
  pauseMs = 0,
): { sums: Map<string, number[]>; others: number } {
  const cells = newCells(program);
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let others = 0;
  const main = {
    read: ({ runs }: ScanTask): void => {
      if (pauseMs > 0) Atomics.wait(never, 0, 0, pauseMs);
      kernel(inputs, runs, 0, runs.length, cells);
      cells.flush(runs);
    },
    take: (own: readonly ScanTask[], sums: CellSums): void => {
      others += own.length;
      cells.add(sums, null);
    },
  };
  if (readers === null) for (const task of tasks) main.read(task);
  else {
    const { number, readers: idle } = readers.idleWith(program, sample.strata);
    readers.beside.read(idle, program, number, tasks, [0, tasks.length], main);
  }
  return { sums: sumsOf(cells, program), others };
}

const queries = [
  ['uniform', 'SELECT COUNT(*), SUM(x) FROM t'],
  ['uniform', 'SELECT n, SUM(x) FROM t GROUP BY n'],
  ['stratified', 'SELECT g, AVG(x), AVG(n) FROM t WHERE n > 3 GROUP BY g'],
] as const;

describe.each([2, 3])('%i threads', (count) => {
  const ready = threads(count);
  test.each(queries)('read the %s sample as one does, time and again: %s', async (name, sql) => {
    const asked = await reading(name, sql);
    const { sums } = read(asked, null);
    const readers = await ready;
    const before = told;
    let [others, times] = [0, 0];
    for (; times < 8 || (times < 400 && others === 0); times++) {
      const together = read(asked, readers, times % 2 === 0 ? 1 : 0);
      expect(together.sums).toEqual(sums);
      others += together.others;
      await systemTimers.pause(5);
    }
    expect(others).toBeGreaterThan(0);
    // The same is asked by a bell.
    expect(told - before).toBeLessThan(times * (count - 1));
  });
});

/** A thread that does something else when it is to read beside this one. */
const faulty = (what: string) => (): Worker =>
  new Worker(
    `require('node:worker_threads').parentPort.on('message', ({ kind, desk }) => {
       if (kind !== 'beside') return;
       const claim = () => { Atomics.add(desk.claims, 0, 1); Atomics.add(desk.claims, 1, 1); };
       ${what}
     });`,
    { eval: true },
  );

test.each([
  ['ends', 'claim(); process.exit(1)'],
  ['throws', "claim(); claim(); throw new Error('no')"],
  ['stalls', 'claim(); for (;;) {}'],
  ['never answers', ''],
  ['fails', 'claim(); Atomics.store(desk.claims, 2 + desk.slot, 2)'],
])('what a thread has claimed is read all the same where it %s', async (_, what) => {
  const asked = await reading('stratified', queries[2][1]);
  const { sums } = read(asked, null);
  const readers = await threads(2, faulty(what));
  for (let time = 0; time < 3; time++) {
    expect(read(asked, readers, 1)).toEqual({ sums, others: 0 });
    await systemTimers.pause(5);
  }
});

test('an error here ends the reading of the others', async () => {
  const asked = await reading('uniform', queries[0][1]);
  const readers = await threads(2);
  const { program } = asked.parts;
  const { number, readers: idle } = readers.idleWith(program, asked.sample.strata);
  const fail = (): void => {
    throw new Error('here');
  };
  const { tasks } = asked;
  expect(() =>
    readers.beside.read(idle, program, number, tasks, [0, tasks.length], { read: fail, take: fail }),
  ).toThrow('here');
  await expect.poll(() => idle.every(({ isIdle }) => isIdle)).toBe(true);
  expect(read(asked, readers, 1).sums).toEqual(read(asked, null).sums);
});
