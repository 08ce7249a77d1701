import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { bandEnds, RunIndex, runStride } from '../../src/samples/index.ts';

/** Stratum and rank of every row in file order, straight from the definition: bands, inside by stratum, inside by rank. */
function layout(sizes: readonly number[]): { stratum: number; rank: number }[] {
  const rows: { stratum: number; rank: number }[] = [];
  let low = 0;
  for (const high of bandEnds(Math.max(0, ...sizes))) {
    for (const [stratum, size] of sizes.entries())
      for (let rank = low; rank < Math.min(high, size); rank++) rows.push({ stratum, rank });
    low = high;
  }
  return rows;
}

const sizesOf = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 12 });

describe('the run index agrees with the layout', () => {
  property.prop([sizesOf])('on all rows', (sizes) => {
    const index = new RunIndex(Int32Array.from(sizes));
    const rows = layout(sizes);
    expect(index.rows).toBe(rows.length);
    for (const [stratum, size] of sizes.entries())
      if (size > 0) expect(rows[index.firstRow(stratum)]).toEqual({ stratum, rank: 0 });
  });

  property.prop([sizesOf, fc.nat(100), fc.nat(100)])('on the runs between two ranks', (sizes, a, b) => {
    const index = new RunIndex(Int32Array.from(sizes));
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const runs = index.runs(
      Int32Array.from(sizes, () => from),
      Int32Array.from(sizes, (size) => Math.min(size, to)),
    );
    const read: number[] = [];
    for (let run = 0; run < runs.length; run += runStride) {
      expect(runs[run + 1]).toBeLessThan(runs[run + 2]!);
      for (let row = runs[run + 1]!; row < runs[run + 2]!; row++) {
        read.push(row);
        expect(layout(sizes)[row]!.stratum).toBe(runs[run]);
      }
    }
    const expected = layout(sizes).flatMap(({ rank }, row) => (rank >= from && rank < to ? [row] : []));
    expect(read).toEqual(expected);
  });

  property.prop([sizesOf, fc.nat(1200)])('on the strata of a prefix', (sizes, prefix) => {
    const counted = sizes.map(
      (_, stratum) =>
        layout(sizes)
          .slice(0, prefix)
          .filter((row) => row.stratum === stratum).length,
    );
    expect([...new RunIndex(Int32Array.from(sizes)).sizesOfPrefix(prefix)]).toEqual(counted);
  });
});

test('bands of ranks double from 16', () => {
  expect(bandEnds(0)).toEqual([16]);
  expect(bandEnds(16)).toEqual([16]);
  expect(bandEnds(17)).toEqual([16, 32]);
  expect(bandEnds(100)).toEqual([16, 32, 64, 128]);
});
