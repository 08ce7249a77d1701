import { afterAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { plantFaults, ScanThreads } from '../../src/executor/index.ts';
import type { TaskFault, TaskFaults } from '../../src/executor/threads/task-faults.ts';
import { systemTimers } from '../../src/leases/index.ts';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { doubleType, varcharType } from '../../src/plan/index.ts';
import { runStride, type Sample } from '../../src/samples/index.ts';
import type { ScannedStrata } from '../../src/sources/index.ts';
import { arrayScan, type ArrayTable } from '../support/array-scan.ts';
import { askSample, bindAggregate, type SampleReply } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';
import { startThread } from '../support/threads.ts';

/*
 * What becomes of intervals where tasks are lost. `npm run losses` draws more often.
 */

const isFull = process.env['MODE'] === 'losses';
const draws = isFull ? 10_000 : 400;
const rows = 12_000;
const blockRows = 64;
const confidence = 0.95;

const random = seededRandom(3);
const groups = ['a', 'b', 'c', 'd'];
const g = Array.from({ length: rows }, () => groups[Math.floor(random.next() ** 2 * 4)]!);
const x = g.map((name) => 10 * groups.indexOf(name) + 40 * random.next() ** 2);
const isIn = (value: number): boolean => value < 25;
const table: ArrayTable = {
  columns: [
    { name: 'g', type: varcharType },
    { name: 'x', type: doubleType },
  ],
  values: [g, x],
};
const sql = 'SELECT COUNT(*) FILTER (WHERE x < 25), SUM(x), AVG(x) FROM t';
const query = bindAggregate(sql, table.columns);
const truth = [
  x.filter(isIn).length,
  x.reduce((sum, value) => sum + value, 0),
  x.reduce((sum, value) => sum + value, 0) / rows,
];

const strata = new Map<string, ScannedStrata>();
const methods = {
  /** 4 × 400 rows in 25 blocks. */
  stratified: { kind: 'stratified', columns: ['g'], cap: 400 },
  /** As many. */
  uniform: { kind: 'uniform', unit: 'rows', amount: 1600 },
} as const satisfies Record<string, SamplingMethod>;

async function draw(seed: number, kind: keyof typeof methods): Promise<Sample> {
  const own = seededRandom(seed * 7919 + 13);
  const priorities = BigUint64Array.from(
    { length: rows },
    () => BigInt(Math.floor(own.next() * 2 ** 32)) << 31n,
  );
  const keys = kind === 'stratified' ? ['g'] : [];
  const known = strata.get(kind) ?? (await arrayScan(table, { priorities }).scanStrata(keys, {}, []));
  strata.set(kind, known);
  const sample = await buildInMemory(arrayScan(table, { priorities, strata: known }), methods[kind]);
  return { ...sample, blockRows };
}

const started: ScanThreads[] = [];
afterAll(async () => {
  for (const each of started) await each.close();
});
function threads(count: number, faults: TaskFaults): ScanThreads {
  const made = new ScanThreads(count, startThread, (ms, work) => systemTimers.after(ms, work), faults);
  started.push(made);
  return made;
}

/** How often the intervals of each output held the truth, how wide they were, and by how much values were off on average. */
class Tally {
  private readonly held = truth.map(() => 0);
  private readonly off = truth.map(() => 0);
  private readonly width = truth.map(() => 0);
  certified = truth.map(() => 0);
  count = 0;

  add({ groups: [group] }: SampleReply): void {
    this.count++;
    for (const [place, { estimate }] of group!.estimates.entries()) {
      const { value, low, high, certified } = estimate;
      if ((low ?? Number.NEGATIVE_INFINITY) <= truth[place]! && truth[place]! <= (high ?? Infinity))
        this.held[place]!++;
      this.off[place]! += value! / truth[place]! - 1;
      this.width[place]! += ((high ?? Infinity) - (low ?? -Infinity)) / truth[place]! / 4;
      if (certified) this.certified[place]!++;
    }
  }

  get coverage(): number[] {
    return this.held.map((held) => held / this.count);
  }

  /** In standard errors, as the widths have these. */
  get bias(): number[] {
    return this.off.map(
      (off, place) => off / this.count / (this.width[place]! / this.count / Math.sqrt(this.count)),
    );
  }
}

/** Three Monte-Carlo standard errors beside the point that is allowed. */
const tolerance = 0.01 + 3 * Math.sqrt((confidence * (1 - confidence)) / draws);

const rates = [0, 0.1, 0.3, 0.5];

test.each(['stratified', 'uniform'] as const)(
  'where blocks of a %s sample are unreadable at random, intervals hold the truth as often as they say, and values are not biased',
  async (kind) => {
    const tallies = rates.map((rate) => ({ rate, tally: new Tally(), lost: 0 }));
    for (let seed = 0; seed < draws; seed++) {
      const sample = await draw(seed, kind);
      for (const each of tallies) {
        const readers = threads(1, plantFaults(`unreadable=${each.rate},seed=${seed}`));
        // Where hardly anything is left of a stratum, there is no answer.
        const reply = await askSample(sample, query, { threads: readers }).catch(() => null);
        if (reply === null) continue;
        each.lost += reply.lost.tasks;
        each.tally.add(reply);
      }
    }
    for (const { rate, tally, lost } of tallies) {
      expect(tally.count).toBeGreaterThan(0.95 * draws);
      expect(lost / tally.count / 25).toBeCloseTo(rate, 1);
      for (const coverage of tally.coverage) expect(Math.abs(coverage - confidence)).toBeLessThan(tolerance);
      for (const bias of tally.bias) expect(Math.abs(bias)).toBeLessThan(4);
    }
    if (isFull)
      console.log(
        tallies
          .map(({ rate, tally }) =>
            [
              kind,
              rate,
              ...tally.coverage.map((share) => share.toFixed(4)),
              ...tally.bias.map((bias) => bias.toFixed(2)),
            ].join(' '),
          )
          .join('\n'),
      );
  },
  isFull ? 3_600_000 : 120_000,
);

/** The mean of x over a task's rows. */
async function meanOf(sample: Sample): Promise<(runs: Int32Array) => number> {
  const { values } = await sample.load('x', sample.rows);
  return (runs) => {
    let [sum, count] = [0, 0];
    for (let run = 0; run < runs.length; run += runStride)
      for (let row = runs[run + 1]!; row < runs[run + 2]!; row++, count++) sum += Number(values[row]);
    return sum / count;
  };
}

/** Blocks with the largest means of their rows suffer. */
async function largest(sample: Sample, share: number, fault: TaskFault): Promise<TaskFaults> {
  const mean = await meanOf(sample);
  const starts = Array.from({ length: Math.ceil(sample.rows / blockRows) }, (_, block) => block * blockRows);
  const means = starts.map((start) =>
    mean(Int32Array.of(0, start, Math.min(sample.rows, start + blockRows))),
  );
  const limit = means.toSorted((a, b) => b - a)[Math.floor(share * means.length)]!;
  return { faultOf: ({ runs }) => (mean(runs) > limit ? fault : null) };
}

describe('blocks that are slow because of their values', () => {
  const runs = 150;

  test('cost rows, not coverage: what was read in order until then is a sample', async () => {
    const tally = new Tally();
    let read = 0;
    const readers = threads(2, { faultOf: () => null });
    await readers.prewarm();
    for (let seed = 0; seed < runs; seed++) {
      const sample = await draw(seed, 'uniform');
      const faults = await largest(sample, 0.15, { kind: 'delay', ms: 8 });
      Object.assign(readers, { faults });
      // They still have to stop with the one before.
      while (!readers.isReady) await systemTimers.pause(1);
      const reply = await askSample(sample, query, { threads: readers, signal: AbortSignal.timeout(14) });
      read += reply.moments.rowsRead.reduce((sum, own) => sum + own, 0) / sample.rows;
      if (reply.moments.rowsRead.every((own) => own > 20)) tally.add(reply);
    }
    expect(read / runs).toBeLessThan(0.95);
    expect(tally.count).toBeGreaterThan(runs / 4);
    for (const coverage of tally.coverage) expect(coverage).toBeGreaterThan(0.88);
  });

  test('must not be dropped: whatever was done in time is no sample', async () => {
    const tally = new Tally();
    for (let seed = 0; seed < runs; seed++) {
      const sample = await draw(seed, 'uniform');
      const faults = await largest(sample, 0.3, { kind: 'unreadable' });
      const reply = await askSample(sample, query, { threads: threads(1, faults) }).catch(() => null);
      if (reply !== null) tally.add(reply);
    }
    expect(Math.min(...tally.coverage)).toBeLessThan(0.85);
  });
});

test('where blocks fail because of their values, counts and sums allow for all that they may hold; nothing else is certain', async () => {
  const tally = new Tally();
  let lost = 0;
  for (let seed = 0; seed < 150; seed++) {
    const sample = await draw(seed, 'uniform');
    const faults = await largest(sample, 0.2, { kind: 'fail' });
    const reply = await askSample(sample, query, { threads: threads(1, faults) }).catch(() => null);
    if (reply === null) continue;
    lost += reply.lost.tasks;
    tally.add(reply);
  }
  expect(lost / tally.count).toBeGreaterThan(3);
  expect(tally.count).toBeGreaterThan(140);
  const [count, sum, average] = tally.coverage;
  expect(Math.min(count!, sum!)).toBeGreaterThanOrEqual(0.95);
  expect(average).toBe(1);
  expect(tally.certified[2]).toBe(0);
});
