import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { bandEnds, RunIndex, runStride } from '../../src/samples/index.ts';

/** The sizes of strata, and which of them are taken whole. */
interface Strata {
  readonly sizes: readonly number[];
  readonly takeAll: readonly number[];
}

/**
 * Stratum and rank of every row in file order, straight from the definition: strata taken whole, then bands, inside by stratum,
 * inside by rank.
 */
function layout({ sizes, takeAll }: Strata): { stratum: number; rank: number }[] {
  const rows: { stratum: number; rank: number }[] = [];
  for (const [stratum, size] of sizes.entries())
    if (takeAll[stratum] === 1) for (let rank = 0; rank < size; rank++) rows.push({ stratum, rank });
  let low = 0;
  for (const high of bandEnds(Math.max(0, ...sizes))) {
    for (const [stratum, size] of sizes.entries())
      for (let rank = low; rank < Math.min(high, size) && takeAll[stratum] === 0; rank++)
        rows.push({ stratum, rank });
    low = high;
  }
  return rows;
}

const strataOf = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 1 })), { maxLength: 12 })
  .chain((pairs) =>
    fc.boolean().map((outliers): Strata => ({
      sizes: pairs.map(([size]) => size),
      takeAll: pairs.map(([, whole]) => (outliers ? whole : 0)),
    })),
  );
const indexOf = ({ sizes, takeAll }: Strata): RunIndex =>
  new RunIndex(Int32Array.from(sizes), Uint8Array.from(takeAll));

describe('the run index agrees with the layout', () => {
  property.prop([strataOf])('on all rows', (strata) => {
    const index = indexOf(strata);
    const rows = layout(strata);
    expect(index.rows).toBe(rows.length);
    for (const [stratum, size] of strata.sizes.entries())
      if (size > 0) {
        expect(rows[index.firstRow(stratum)]).toEqual({ stratum, rank: 0 });
        expect(index.firstRow(stratum)).toBeLessThan(index.headRows);
      }
  });

  property.prop([strataOf, fc.nat(100), fc.nat(100)])('on the runs between two ranks', (strata, a, b) => {
    const { sizes } = strata;
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const runs = indexOf(strata).runs(
      Int32Array.from(sizes, () => from),
      Int32Array.from(sizes, (size) => Math.min(size, to)),
    );
    const read: number[] = [];
    for (let run = 0; run < runs.length; run += runStride) {
      expect(runs[run + 1]).toBeLessThan(runs[run + 2]!);
      for (let row = runs[run + 1]!; row < runs[run + 2]!; row++) {
        read.push(row);
        expect(layout(strata)[row]!.stratum).toBe(runs[run]);
      }
    }
    const expected = layout(strata).flatMap(({ rank }, row) => (rank >= from && rank < to ? [row] : []));
    expect(read).toEqual(expected);
  });

  property.prop([strataOf, fc.nat(1200)])('on the strata of a prefix', (strata, prefix) => {
    const counted = strata.sizes.map(
      (_, stratum) =>
        layout(strata)
          .slice(0, prefix)
          .filter((row) => row.stratum === stratum).length,
    );
    expect([...indexOf(strata).sizesOfPrefix(prefix)]).toEqual(counted);
  });

  property.prop([strataOf, fc.nat(100)])('on what a rank limit reads', (strata, limit) => {
    const counted = strata.sizes.map(
      (_, stratum) =>
        layout(strata).filter(
          (row) => row.stratum === stratum && (strata.takeAll[stratum] === 1 || row.rank < limit),
        ).length,
    );
    expect(strata.sizes.map((_, stratum) => indexOf(strata).rowsUnder(stratum, limit))).toEqual(counted);
  });
});

test('bands of ranks double from 16', () => {
  expect(bandEnds(0)).toEqual([16]);
  expect(bandEnds(16)).toEqual([16]);
  expect(bandEnds(17)).toEqual([16, 32]);
  expect(bandEnds(100)).toEqual([16, 32, 64, 128]);
});
