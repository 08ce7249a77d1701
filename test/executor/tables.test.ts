import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { CellTable, directPairsMax } from '../../src/executor/cell-table.ts';
import { leastMatched } from '../../src/executor/collect-moments.ts';
import { Interner } from '../../src/executor/interner.ts';

describe('the interner', () => {
  property.prop([
    fc.array(
      fc.oneof(
        fc.double({ noNaN: true }),
        fc.integer({ min: -5, max: 5 }),
        fc.constantFrom(0, -0, 2 ** 53, -(2 ** 53)),
      ),
      { maxLength: 3000 },
    ),
  ])('gives each number one code, in order of appearance', (values) => {
    const interner = new Interner(8);
    const expected = new Map<number, number>();
    for (const value of values) {
      const key = value + 0;
      if (!expected.has(key)) expected.set(key, expected.size);
      expect(interner.intern(value)).toBe(expected.get(key));
    }
    expect(interner.count).toBe(expected.size);
    for (const [value, code] of expected) expect(interner.at(code)).toBe(value);
  });
});

describe.each([
  ['directly', 4],
  ['by hashing', directPairsMax],
])('cells indexed %s', (_, groups) => {
  test('keep their sums apart, through growth and flushes', () => {
    const cells = new CellTable({ strata: 3, groups, stride: 2, byStratum: false });
    const expected = new Map<string, number>();
    for (let step = 0; step < 5000; step++) {
      const [stratum, group] = [step % 3, (step * 7) % 4];
      const cell = cells.cell(stratum, group);
      cells.sums[cell * 2]! += 1;
      cells.sums[cell * 2 + 1]! += step;
      expected.set(`${stratum} ${group}`, (expected.get(`${stratum} ${group}`) ?? 0) + step);
      if (step % 777 === 0) cells.flush();
    }
    cells.flush();
    expect(cells.count).toBe(expected.size);
    for (let cell = 0; cell < cells.count; cell++) {
      expect(cells.total(cell, 1)).toBe(expected.get(`${cells.stratumOf(cell)} ${cells.groupOf(cell)}`));
    }
  });
});

test('flushes keep what plain sums would lose', () => {
  const cells = new CellTable({ strata: 1, groups: 1, stride: 1, byStratum: true });
  const cell = cells.cell(0, 0);
  for (const term of [1e16, 1, 1, 1, 1, -1e16]) {
    cells.sums[cell]! += term;
    cells.flush();
  }
  expect(cells.total(cell, 0)).toBe(4);
});

test('the fewest rows of a group leave out what is too few and what is in strata read whole', () => {
  const cells = new CellTable({ strata: 2, groups: 3, stride: 2, byStratum: false });
  const add = (stratum: number, group: number, rows: number): void => {
    cells.sums[2 * cells.cell(stratum, group)]! += rows;
  };
  add(0, 0, 40);
  add(1, 0, 5);
  add(0, 1, 20);
  cells.flush();
  add(0, 1, 10);
  add(1, 1, 100);
  add(0, 2, 3);
  const all = (): boolean => true;
  const first = (stratum: number): boolean => stratum === 0;
  expect([0, 4, 46, 131].map((atLeast) => leastMatched(cells, atLeast, all))).toEqual([3, 45, 130, Infinity]);
  expect([0, 4, 31].map((atLeast) => leastMatched(cells, atLeast, first))).toEqual([3, 30, 40]);
});
