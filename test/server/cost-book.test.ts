import { expect, test } from 'vitest';
import type { Foreseen } from '../../src/engine/control.ts';
import { CostBook } from '../../src/server/cost-book.ts';
import { anyStatement } from './support.ts';

const foreseen = (shape: string, parts: Partial<Foreseen> = {}): Foreseen => ({
  ...anyStatement,
  shape,
  ...parts,
});

test('statements that differ in their constants are expected to cost the same', () => {
  const book = new CostBook();
  const first = "SELECT SUM(x) FROM t WHERE g = 'a' AND y < 10";
  expect(book.predictMs(first, foreseen('s', { mayDegrade: true }))).toBe(20);
  for (let run = 0; run < 50; run++) book.learn(foreseen('s'), 80, 1);
  const other = book.ofText("SELECT SUM(x) FROM t WHERE g = 'bcd' AND y < 2.5");
  expect(other.isDegradable).toBe(true);
  expect(other.predictedMs).toBeCloseTo(80, 0);
  expect(book.predictMs('other text', foreseen('s'))).toBeCloseTo(80, 0);
});

test('of a new one what most are like', () => {
  const book = new CostBook();
  for (let run = 0; run < 200; run++) {
    book.predictMs(`SELECT ${'x'.repeat(run % 10)}`, foreseen(`s${run % 10}`, { mayDegrade: true }));
    book.learn(foreseen(`s${run % 10}`), 5, 1);
  }
  const unknown = book.ofText('SELECT something else');
  expect(unknown.isDegradable).toBe(true);
  expect(unknown.predictedMs).toBeCloseTo(5, 0);
});

test('the source says what it takes where nothing was measured', () => {
  expect(new CostBook().predictMs('EXACT …', foreseen('s', { exactMs: 700 }))).toBe(700);
});

test('what was cut short costs more where it is not', () => {
  const book = new CostBook();
  book.learn(foreseen('s'), 10, 1 / 16);
  expect(book.predictMs('…', foreseen('s'))).toBeGreaterThan(15);
});
