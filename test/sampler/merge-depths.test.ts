import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { doubleType, integerType, varcharType } from '../../src/plan/index.ts';
import { joinMoments } from '../../src/sampler/merge-moments.ts';
import { drawPart as drawToFirst, type SamplePart } from '../../src/sampler/index.ts';
import { arrayScan, type ArrayTable } from '../support/array-scan.ts';
import { drawPart, mergeParts, type OpenPart } from '../support/parts.ts';
import { rowsOf } from '../support/sample-content.ts';

/* Parts of different depth: which rows stay, and what is known of the table, against definitions. */

const columns = [
  { name: 'g', type: varcharType },
  { name: 'id', type: integerType },
  { name: 'x', type: doubleType },
];

/** A part of a table in arrays, and how it is sampled. */
interface Rows {
  readonly g: readonly (string | null)[];
  readonly id: readonly number[];
  readonly x: readonly (number | null)[];
  readonly priorities: BigUint64Array;
}

/** Rows of given strata, numbered from a start on. */
function rowsWith(g: readonly (string | null)[], start: number, seed: number): Rows {
  const random = seededRandom(seed);
  const word = (): bigint => BigInt(Math.floor(random.next() * 2 ** 32));
  return {
    g,
    id: g.map((_, row) => start + row),
    x: g.map(() => (random.next() < 0.1 ? null : 1000 + random.next() ** 4)),
    priorities: BigUint64Array.from(g, () => (word() << 32n) | word()),
  };
}

const tableOf = ({ g, id, x }: Rows): ArrayTable => ({ columns, values: [g, id, x] });
const keys = ['a', 'b', null] as const;

/** The rows of a stratum that are to stay, by the definition of a bottom-k sample of all parts as deep as they know. */
function expectedRows(parts: readonly Rows[], caps: readonly number[], key: string | null): number[] {
  const members = parts.map(({ g, id, priorities }) =>
    g.flatMap((each, row) => (each === key ? [{ id: id[row]!, priority: priorities[row]! }] : [])),
  );
  const incomplete = caps.filter((cap, part) => members[part]!.length > cap);
  const depth = Math.min(caps[0]!, ...incomplete);
  return members
    .flat()
    .sort((a, b) => (a.priority < b.priority ? -1 : 1))
    .slice(0, depth)
    .map(({ id }) => id);
}

/** The largest priority of a stratum's rows; 0 where there are none. */
async function lastPriority(sample: SamplePart['sample'], stratum: number): Promise<number> {
  const { values: strata } = await sample.load('__stratum', sample.rows);
  const { values: priorities } = await sample.load('__priority', sample.rows);
  return Math.max(0, ...[...priorities].map(Number).filter((_, row) => strata[row] === stratum));
}

const strata = fc.array(fc.constantFrom(...keys), { maxLength: 40 });
const partsArbitrary = fc.array(fc.record({ g: strata, cap: fc.integer({ min: 1, max: 12 }) }), {
  minLength: 1,
  maxLength: 4,
});

describe('parts by strata, of any size and cap', () => {
  property.prop([partsArbitrary, fc.integer({ min: 1, max: 1e6 })], { numRuns: 60 })(
    'keep of each stratum the smallest priorities, as many as all parts know',
    async (made, seed) => {
      const rows = made.map(({ g }, place) => rowsWith(g, 1000 * place, seed + place));
      const caps = made.map(({ cap }) => cap);
      const [first, ...others] = await Promise.all(
        rows.map((each, place) =>
          drawPart(tableOf(each), each.priorities, { kind: 'stratified', columns: ['g'], cap: caps[place]! }),
        ),
      );
      const { sample } = await mergeParts(columns, [first!, ...others]);
      const found = await rowsOf(sample);
      for (const [h, key] of sample.strata.keys[0]!.values.entries()) {
        const ids = found['id']!.filter((_, row) => found['__stratum']![row] === h);
        expect(ids).toEqual(expectedRows(rows, caps, key as string | null));
        expect(sample.strata.sampled[h]).toBe(ids.length);
        const present = rows.flatMap(({ g, x }) =>
          x.filter((value, row) => g[row] === key && value !== null),
        ) as number[];
        const mean = present.reduce((sum, x) => sum + x, 0) / present.length;
        const { count, mean: means, centred, low } = sample.strata.statistics.get('x')!;
        expect(sample.strata.population[h]).toBe(
          rows.flatMap(({ g }) => g).filter((each) => each === key).length,
        );
        expect(count[h]).toBe(present.length);
        if (present.length === 0) continue;
        expect(low[h]).toBe(Math.min(...present));
        expect(Math.abs(means[h]! - mean)).toBeLessThan(1e-12 * mean);
        for (const [place, k] of [2, 3, 4, 5, 6].entries()) {
          const moment = present.reduce((sum, x) => sum + (x - mean) ** k, 0);
          const scale = present.reduce((sum, x) => sum + Math.abs(x - mean) ** k, 0);
          expect(Math.abs(centred[place]![h]! - moment)).toBeLessThanOrEqual(1e-9 * scale + 1e-20);
        }
      }
      // No stratum was lost, none made up.
      expect(sample.strata.count).toBe(new Set(rows.flatMap(({ g }) => g)).size);
      expect(found['id']).toHaveLength(sample.rows);
    },
  );
});

describe('parts drawn for a sample by strata', () => {
  property.prop([partsArbitrary, fc.integer({ min: 1, max: 1e6 })], { numRuns: 60 })(
    'merge with it to what a build of all rows holds, and have no row that would not stay',
    async (made, seed) => {
      const rows = made.map(({ g }, place) => rowsWith(g, 1000 * place, seed + place));
      const [{ cap }] = made as [(typeof made)[number]]; // at least one part
      const method = { kind: 'stratified', columns: ['g'], cap } as const;
      const [own, ...added] = rows as [Rows, ...Rows[]]; // as many as parts
      const first = await drawPart(tableOf(own), own.priorities, method);
      const others = await Promise.all(
        added.map((each) => drawToFirst(arrayScan(tableOf(each), each), first, 1, {})),
      );
      const { sample } = await mergeParts(columns, [first, ...others]);
      const found = await rowsOf(sample);
      const caps = rows.map(() => cap);
      for (const [h, key] of sample.strata.keys[0]!.values.entries()) {
        const ids = found['id']!.filter((_, row) => found['__stratum']![row] === h);
        expect(ids).toEqual(expectedRows(rows, caps, key as string | null));
      }
      const { strata: known } = first.sample;
      for (const { sample: part } of others) {
        for (const [h, key] of part.strata.keys[0]!.values.entries()) {
          const place = known.keys[0]!.values.indexOf(key);
          if (place < 0 || known.sampled[place] === known.population[place]) continue;
          expect(await lastPriority(part, h)).toBeLessThanOrEqual(await lastPriority(first.sample, place));
        }
      }
    },
  );
});

describe('uniform parts of different shares', () => {
  const parts = [rowsWith(Array.from({ length: 500 }, () => 'a'), 0, 1), rowsWith(Array.from({ length: 3 }, () => 'a'), 1000, 2)] as const; // prettier-ignore
  const share = (percent: number): SamplePart['method'] => ({
    kind: 'uniform',
    unit: 'percent',
    amount: percent,
  });

  test.each([
    [20, 50],
    [50, 20],
    [20, 20],
    // All rows of the second part: still it bounds nothing but by its share.
    [20, 100],
  ])('%i percent and %i percent keep all rows below the least', async (a, b) => {
    const percents = [a, b];
    const drawn = parts.map((rows, place) =>
      drawPart(tableOf(rows), rows.priorities, share(percents[place]!)),
    );
    const merged = await mergeParts(columns, (await Promise.all(drawn)) as [OpenPart, OpenPart]); // two parts
    const least = Math.min(a, b);
    const expected = parts.flatMap(({ id, priorities }) =>
      id.filter((_, row) => Number(priorities[row]! >> 11n) / 2 ** 53 < least / 100),
    );
    const found = (await rowsOf(merged.sample))['id'] as number[];
    expect(found.toSorted((x, y) => x - y)).toEqual(expected);
    expect(merged.method).toEqual(share(least));
    expect(merged.sample.strata.population).toEqual(Float64Array.of(503));
  });
});

describe('parts that do not go together', () => {
  const rows = rowsWith(['a', 'b', 'b', null], 0, 1);
  const draw = (method: SamplePart['method']): Promise<OpenPart> =>
    drawPart(tableOf(rows), rows.priorities, method);
  test.each<readonly [string, SamplePart['method']]>([
    ['percent', { kind: 'uniform', unit: 'percent', amount: 100 }],
    ['other strata', { kind: 'stratified', columns: ['id'], cap: 10 }],
  ])('%s are refused', async (_, method) => {
    const first = await draw({ kind: 'uniform', unit: 'rows', amount: 10 });
    const second = await draw(method);
    await expect(mergeParts(columns, [first, second])).rejects.toThrow('parts do not merge');
  });

  test('an empty part changes nothing', async () => {
    const method = { kind: 'uniform', unit: 'rows', amount: 3 } as const;
    const none = rowsWith([], 0, 1);
    const [empty, some] = [await drawPart(tableOf(none), none.priorities, method), await draw(method)];
    const both = await mergeParts(columns, [empty, some]);
    expect(await rowsOf(both.sample)).toEqual(await rowsOf(some.sample));
    expect((await mergeParts(columns, [empty, empty])).sample.rows).toBe(0);
  });

  test('texts that no row has any more leave the dictionary', async () => {
    const method = { kind: 'uniform', unit: 'rows', amount: 2 } as const;
    const merged = await mergeParts(columns, [await draw(method), await draw({ ...method, amount: 1 })]);
    const { dictionary } = await merged.sample.load('g', merged.sample.rows);
    const kept = (await rowsOf(merged.sample))['g']!.filter((text) => text !== null);
    expect(new Set(dictionary)).toEqual(new Set(kept));
  });
});

describe('moments of two parts', () => {
  const power = (values: readonly number[]): { count: number; mean: number; centred: number[] } => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return {
      count: values.length,
      mean,
      centred: [2, 3, 4, 5, 6].map((k) => values.reduce((sum, x) => sum + (x - mean) ** k, 0)),
    };
  };

  test.each([
    [0, 1e-13],
    // Means so far from 0 are themselves rounded to a part in 10⁹ of the spread.
    [2 ** 30, 1e-9],
  ])('are those of all values, though means lie far apart, and %s from 0', (from, tolerance) => {
    const values = Array.from({ length: 1000 }, (_, i) => from + (i < 300 ? i / 8 : 1000 + ((i * i) % 97)));
    const joined = joinMoments(power(values.slice(0, 300)), power(values.slice(300)));
    const all = power(values);
    expect(joined.count).toBe(1000);
    expect(joined.mean / all.mean).toBeCloseTo(1, 14);
    for (const [place, moment] of all.centred.entries())
      expect(Math.abs(joined.centred[place]! / moment - 1)).toBeLessThan(tolerance);
  });

  test('are not known where a part does not know them', () => {
    const { centred, ...part } = power([1, 2, 5]);
    const unsure = { ...part, centred: centred.map((moment, place) => (place < 2 ? moment : Number.NaN)) };
    const known = joinMoments(power([3, 4]), unsure).centred.map((moment) => !Number.isNaN(moment));
    expect(known).toEqual([true, true, false, false, false]);
  });
});
