import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { cellIndexOf, CellTable } from '../../src/executor/cell-table.ts';
import { leastMatched } from '../../src/executor/collect-moments.ts';
import { Interner } from '../../src/executor/interner.ts';
import { productFor } from '../../src/executor/lower/arithmetic.ts';

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

describe.each(['spread', 'direct', 'hashed'] as const)('cells that are %s', (index) => {
  const expected = new Map<string, number>();
  const step = (cells: CellTable, stratum: number, code: number, value: number): void => {
    const place = cells.place(stratum, code);
    cells.sums[place]! += 1;
    cells.sums[place + 1]! += value;
    expected.set(`${stratum} ${code}`, (expected.get(`${stratum} ${code}`) ?? 0) + value);
  };
  const sums = (cells: CellTable): Map<string, number> =>
    new Map(
      Array.from({ length: cells.count }, (_, cell) => [
        `${cells.stratumOf(cell)} ${cells.codeOf(cell)}`,
        cells.total(cell, 1),
      ]),
    );

  test('keep their sums apart, through growth and flushes, and in what others take of them', () => {
    const shape = { strata: 3, codes: 400, stride: 2, index };
    const [cells, others] = [new CellTable(shape), new CellTable(shape)];
    expected.clear();
    let rows = 0;
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 5000; at++, rows++) {
        step(at % 2 === 0 ? cells : others, at % 3, (at * 7 * (round + 1)) % 400, at);
        if (at % 777 === 0) cells.flush();
        if (at % 555 === 0) others.flush();
      }
      cells.add(others.take(), null);
      expect(others.count).toBe(0);
    }
    expect([...sums(cells).keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    expect(sums(cells)).toEqual(expected);
    cells.flush();
    expect(sums(cells)).toEqual(expected);
    expect(Array.from({ length: cells.count }, (_, cell) => cells.total(cell, 0)).reduce((a, b) => a + b)).toBe(rows); // prettier-ignore
  });

  test('keep what plain sums would lose', () => {
    const cells = new CellTable({ strata: 1, codes: 2, stride: 2, index });
    for (const term of [1e16, 1, 1, 1, 1, -1e16]) {
      step(cells, 0, 1, term);
      cells.flush();
    }
    expect([cells.count, cells.total(0, 1)]).toEqual([1, 4]);
    const others = new CellTable({ strata: 1, codes: 2, stride: 2, index });
    others.add(cells.take(), (code) => 1 - code);
    expect([others.count, others.codeOf(0), others.total(0, 0), others.total(0, 1)]).toEqual([1, 0, 6, 4]);
  });
});

test('sums are spread where that takes little memory', () => {
  const indexOf = (strata: number, codes: number): string =>
    cellIndexOf({ strata, codes, stride: 4 }, 2 ** 17);
  expect([indexOf(1, 2 ** 17), indexOf(2, 2 ** 17), indexOf(8, 2 ** 17), indexOf(9, 2 ** 17)]).toEqual(['spread', 'direct', 'direct', 'hashed']); // prettier-ignore
  expect([1, 2, 3].map((rows) => cellIndexOf({ strata: 1, codes: 2, stride: 4 }, rows))).toEqual(['direct', 'spread', 'spread']); // prettier-ignore
  expect(indexOf(2 ** 21, 1)).toBe('direct');
});

test('the fewest rows of a group leave out what is too few and what is in strata read whole', () => {
  const cells = new CellTable({ strata: 2, codes: 3, stride: 2, index: 'direct' });
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
  expect(
    [0, 4, 46, 131].map((atLeast) => leastMatched(cells, (cell) => cells.codeOf(cell), atLeast, all)),
  ).toEqual([3, 45, 130, Infinity]);
  expect(
    [0, 4, 31].map((atLeast) => leastMatched(cells, (cell) => cells.codeOf(cell), atLeast, first)),
  ).toEqual([3, 30, 40]);
});

property.prop([
  fc.integer({ min: 1, max: 10_000 }),
  fc.oneof(fc.nat(40_000), fc.nat(2 ** 31 - 1)),
  fc.array(fc.nat()),
])('a product cuts quotients as a division does, wherever there is one', (divisor, high, others) => {
  const product = productFor({ low: 0, high }, divisor);
  if (product === null) return;
  const last = Math.floor(high / divisor) * divisor;
  for (const x of [
    0,
    divisor - 1,
    divisor,
    last - 1,
    last,
    last + divisor - 1,
    high,
    ...others.map((other) => other % (high + 1)),
  ])
    // prettier-ignore
    if (x >= 0 && x <= high)
        expect(Math.imul(x, product.factor) >> product.shift).toBe(Math.floor(x / divisor));
});

test('quotients of small numbers have a product, others are divided', () => {
  const isThere = (low: number, high: number, divisor: number | null): boolean =>
    productFor({ low, high }, divisor) !== null;
  expect([isThere(300, 6000, 300), isThere(0, 10_000, 7), isThere(0, 2 ** 31 - 1, 2), isThere(0, 100, 1)]).toEqual([true, true, true, true]); // prettier-ignore
  expect([isThere(-1, 6000, 300), isThere(0, 2 ** 31 - 1, 3), isThere(0, 100, 0), isThere(0, 100, -3), isThere(0, 100, null)]).toEqual([false, false, false, false, false]); // prettier-ignore
});
