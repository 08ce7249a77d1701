import { describe, expect, test } from 'vitest';
import { finish } from '../../src/common/index.ts';
import { openScan, type SampleScan } from '../../src/executor/index.ts';
import { doubleType, integerType, layoutMoments, varcharType } from '../../src/plan/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/* Statements of one shape share a loop, and with it the room for their tables and for places of rows. */

const sizes = [3, 4097, 5000];
const rows = sizes.flatMap((size, place) =>
  Array.from({ length: size }, (_, row) => ({
    g: `g${place}`,
    k: row % 11 === 10 ? null : `k${(row * 7) % 20}`,
    n: (row * 13) % 50,
    x: (row % 97) / 3,
  })),
);
const columns = [
  { name: 'g', type: varcharType },
  { name: 'k', type: varcharType },
  { name: 'n', type: integerType },
  { name: 'x', type: doubleType },
];
const values = [rows.map(({ g }) => g), rows.map(({ k }) => k), rows.map(({ n }) => n), rows.map(({ x }) => x)]; // prettier-ignore
const priorities = BigUint64Array.from(rows, (_, row) => (BigInt((row * 7919) % 104729) << 20n) + BigInt(row)); // prettier-ignore
const sample = await buildInMemory(arrayScan({ columns, values }, { priorities }), {
  kind: 'stratified',
  columns: ['g'],
  cap: 10_000,
});

async function open(sql: string): Promise<SampleScan> {
  const query = bindAggregate(sql, columns);
  const { layout } = layoutMoments(query, undefined, 'row');
  const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout });
  if ('refused' in scan) throw new Error(scan.refused);
  return scan;
}

/** Rows that matched so far. */
function matched(scan: SampleScan): number {
  const { cellCount, layout, sums } = finish(scan.peek()).moments;
  let count = 0;
  for (let cell = 0; cell < cellCount; cell++) count += sums[cell * layout.monomials.length]!; // cell < cellCount
  return count;
}

describe.each([
  ['a mask', ''],
  ['a mask, and groups of strata', 'g'],
  ['a selection, and groups of rows', 'n'],
])('%s', (_, key) => {
  const patterns = ['k1%', 'k%2', 'none%', 'k%', 'k_'];
  const sqlOf = (pattern: string): string =>
    `SELECT ${key === '' ? '' : `${key}, `}COUNT(*), AVG(x) FROM t WHERE k LIKE '${pattern}'${key === '' ? '' : ' GROUP BY 1'}`;
  const holds = (pattern: string): ((k: string | null) => boolean) => {
    const expression = new RegExp(`^${pattern.replaceAll('%', '.*').replaceAll('_', '.')}$`);
    return (k) => k !== null && expression.test(k);
  };

  test('is that of the statement whose turn it is', async () => {
    const scans = await Promise.all(patterns.map(async (pattern) => await open(sqlOf(pattern))));
    for (const share of [0, 0.3, 0.31, 1]) {
      const to = sample.unitSizes.map((size) => Math.floor(size * share));
      for (const scan of scans) await scan.readTo(to, () => true);
    }
    expect(scans.map(matched)).toEqual(
      patterns.map((pattern) => rows.filter(({ k }) => holds(pattern)(k)).length),
    );
    const listed = scans.map((scan) => finish(scan.values(sample.unitSizes)).count);
    expect(listed).toEqual(scans.map(matched));
  });
});
