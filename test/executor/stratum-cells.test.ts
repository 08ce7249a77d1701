import { expect, test } from 'vitest';
import { StratumCells } from '../../src/executor/stratum-cells.ts';

const shape = { strata: 3, codes: 1, stride: 2, index: 'strata' } as const;

/** What a kernel does with a piece of one row. @param term is so large that nothing is rounded off it */
function addRow(cells: StratumCells, stratum: number, term: number): void {
  cells.sums[stratum * 3]! += 1;
  cells.sums[stratum * 3 + 1]! += term;
}

test('each stratum that is listed is a cell', () => {
  const cells = new StratumCells(shape, Int32Array.of(0, 2));
  addRow(cells, 2, 7);
  expect([cells.count, cells.countMax]).toEqual([2, 2]);
  expect([0, 1].map((cell) => [cells.stratumOf(cell), cells.total(cell, 0), cells.total(cell, 1)])).toEqual([
    [0, 0, 0],
    [2, 1, 7],
  ]);
  expect(new StratumCells(shape, null).count).toBe(3);
});

test('what others have added up is added with what rounding takes off', () => {
  const cells = new StratumCells(shape, null);
  for (const term of [1e16, 1, 1, 1, 1, -1e16]) {
    const others = new StratumCells(shape, null);
    addRow(others, 1, term);
    const taken = others.take();
    expect([...taken.pairs]).toEqual([1]);
    cells.add(taken);
    // They begin anew.
    expect([...others.take().pairs]).toEqual([]);
  }
  expect([0, 1, 2].map((cell) => cells.total(cell, 0))).toEqual([0, 6, 0]);
  expect(cells.total(1, 1)).toBe(4);
  // What is handed on has it too.
  const further = new StratumCells(shape, null);
  addRow(further, 1, 1e16);
  further.add(cells.take());
  addRow(further, 0, 1);
  further.flush();
  expect([further.total(0, 1), further.total(1, 0), further.total(1, 1)]).toEqual([1, 7, 1e16 + 4]);
});

test('what is too large stays infinite', () => {
  const cells = new StratumCells(shape, null);
  for (let round = 0; round < 3; round++) {
    const others = new StratumCells(shape, null);
    addRow(others, 0, 1.7e308);
    cells.add(others.take());
  }
  expect(cells.total(0, 1)).toBe(Number.POSITIVE_INFINITY);
});
