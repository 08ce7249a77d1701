import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import type { Moments } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { DrawingTable } from '../support/draws.ts';
import { forgetKeys } from '../support/forget-keys.ts';

/*
 * How often the intervals of quantiles hold the truth, over fixed seeds. Nominal 95 %; certified ones must hold it in at least
 * 92.5 %, and of values without ties in at most 97.5 %, both less and more two Monte-Carlo standard errors.
 */

const draws = 400;
const monteCarlo = 2 * Math.sqrt((0.95 * 0.05) / draws);
const [leastCoverage, mostCoverage] = [0.925 - monteCarlo, 0.975 + monteCarlo];

/**
 * A table whose five kinds have sizes from 0.25 % to 75 % of the rows and differ in level; `part` says nothing of values. A key has one
 * to nine rows, alike in level.
 */
function tableSql(rows: number): string {
  const uniform = (column: number): string => `((hash(hash(i, ${column})) % 1000003 + 0.5) / 1000003.0)`;
  const kind = `CASE WHEN i % 400 < 300 THEN 0 WHEN i % 400 < 380 THEN 1 WHEN i % 400 < 395 THEN 2 WHEN i % 400 < 399 THEN 3 ELSE 4 END`;
  const ofKey = (column: number): string => `((hash(hash(key, ${column})) % 1000003 + 0.5) / 1000003.0)`;
  // Box and Muller
  const normal = (of: (column: number) => string): string =>
    `sqrt(-2 * ln(${of(1)})) * cos(2 * pi() * ${of(2)})`;
  return `
    SELECT kind, part, key, ${normal(ofKey)} + 0.3 * z AS shared, z + kind AS normal, exp(z + kind / 2) AS lognormal,
      floor(exp(z / 2 + kind / 4) * 4)::INTEGER AS ties,
      CASE WHEN part * 7919 % 1 < 0.505 THEN 0 WHEN part * 7919 % 1 < 0.97 THEN 1 ELSE 2 END AS fewties
    FROM (SELECT ${kind} AS kind, ${uniform(3)} AS part, (i // 9) * 9 + (hash(hash(i, 7)) % (1 + (i // 9) % 3))::BIGINT AS key,
      ${normal(uniform)} AS z FROM range(${rows}) t(i))`;
}

interface Design {
  readonly name: string;
  readonly rows: number;
  readonly method: SamplingMethod;
  /** Share of the outputs that must be certified in most draws. */
  readonly certifiedShareMin: number;
  /** Some outputs cover badly. */
  readonly hasBad: boolean;
  /** The planted bug that shows here. */
  readonly caught: BugName | null;
}
const designs: readonly Design[] = [
  {
    name: 'uniform, 2 %',
    rows: 60_000,
    method: { kind: 'uniform', unit: 'rows', amount: 1200 },
    certifiedShareMin: 0.87,
    hasBad: true,
    caught: null,
  },
  {
    name: 'uniform, most of the rows',
    rows: 3000,
    method: { kind: 'uniform', unit: 'rows', amount: 2400 },
    certifiedShareMin: 0.75,
    hasBad: false,
    caught: 'fpc forgotten',
  },
  {
    name: 'stratified, weights from 1 to 75',
    rows: 40_000,
    method: { kind: 'stratified', columns: ['kind'], cap: 400 },
    certifiedShareMin: 0.7,
    hasBad: true,
    caught: 'weights ignored',
  },
  {
    name: 'keys, 10 %',
    rows: 20_000,
    method: { kind: 'universe', columns: ['key'], percent: 10 },
    certifiedShareMin: 0.8,
    hasBad: true,
    caught: 'keys forgotten',
  },
];
const conditions = ['part < 0.7', 'part < 0.12'];
const outputs = ['normal', 'lognormal', 'ties', 'shared'].flatMap((column) => [
  `MEDIAN(${column})`,
  `QUANTILE_CONT(${column}, 0.1)`,
  `QUANTILE_DISC(${column}, 0.9)`,
  `QUANTILE_CONT(${column}, 0.99)`,
]);
// The median is the last of half the rows, or nearly: in many draws the sample's is the next value.
outputs.push('QUANTILE_DISC(fewties, 0.5)');

/** Planted bugs: all rows weigh the same; a population so large that the fpc vanishes; rows are taken for what was drawn. */
interface Bug {
  readonly alter?: (moments: Moments) => Moments;
  readonly ofSample?: (sample: Sample) => Sample;
}
type BugName = 'weights ignored' | 'fpc forgotten' | 'keys forgotten';
const bugs: Readonly<Record<BugName, Bug>> = {
  'weights ignored': {
    alter: (moments: Moments): Moments => ({
      ...moments,
      populationRows: moments.rowsRead.map((read) => read * 20),
    }),
  },
  'fpc forgotten': {
    alter: (moments: Moments): Moments => ({
      ...moments,
      populationRows: moments.populationRows.map((population) => population * 2 ** 20),
    }),
  },
  'keys forgotten': { ofSample: forgetKeys },
};
type Variant = 'sound' | BugName;

/** What the draws of one condition and output came to. */
interface Tally {
  certified: number;
  covered: number;
  certifiedCovered: number;
}

describe.each(designs)('$name', ({ rows, method, certifiedShareMin, hasBad, caught }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ballpark-quantiles-'));
  const tallies = new Map<string, Tally>();
  const tallyOf = (variant: Variant, name: string): Tally => {
    const key = `${variant} ${name}`;
    const tally = tallies.get(key) ?? { certified: 0, covered: 0, certifiedCovered: 0 };
    tallies.set(key, tally);
    return tally;
  };

  beforeAll(async () => {
    const path = join(folder, 'population.parquet');
    const truths = await writePopulation(rows, path);
    const table = await DrawingTable.open(path, method, folder);
    const queries = conditions.map((condition) =>
      bindAggregate(`SELECT ${outputs.join(', ')} FROM t WHERE ${condition}`, table.columns),
    );
    for (let seed = 1; seed <= draws; seed++) {
      const sample = await table.draw(seed);
      for (const [place, query] of queries.entries()) {
        for (const variant of caught === null ? (['sound'] as const) : (['sound', caught] as const)) {
          const { alter = (moments: Moments): Moments => moments, ofSample }: Bug = variant === 'sound' ? {} : bugs[variant]; // prettier-ignore
          const { groups } = await askSample(ofSample?.(sample) ?? sample, query, { alter });
          for (const [output, { estimate }] of groups[0]!.estimates.entries()) {
            const name = `${outputs[output]} WHERE ${conditions[place]}`;
            const truth = truths.get(name)!;
            const { low, high, certified } = estimate;
            const covered = low !== null && high !== null && low <= truth && truth <= high;
            const tally = tallyOf(variant, name);
            tally.covered += +covered;
            tally.certified += +certified;
            tally.certifiedCovered += +(certified && covered);
          }
        }
      }
      await sample.close();
    }
    await table.close();
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const names = conditions.flatMap((condition) => outputs.map((output) => `${output} WHERE ${condition}`));
  test('certified intervals hold the truth', () => {
    const certified = names.filter((name) => tallyOf('sound', name).certified >= draws / 2);
    // Refusing everything is no answer: only the last hundredth of few rows, or of unequal weights, is left out.
    expect(certified.length).toBeGreaterThanOrEqual(names.length * certifiedShareMin);
    for (const name of certified) {
      const tally = tallyOf('sound', name);
      const coverage = tally.certifiedCovered / tally.certified;
      expect.soft(coverage, name).toBeGreaterThanOrEqual(leastCoverage);
      if (!name.includes('ties')) expect.soft(coverage, name).toBeLessThanOrEqual(mostCoverage);
    }
  });

  test('what covers badly is not certified', () => {
    const bad = names.filter((name) => tallyOf('sound', name).covered / draws < leastCoverage);
    expect(bad.length > 0).toBe(hasBad);
    for (const name of bad)
      expect.soft(tallyOf('sound', name).certified / draws, name).toBeLessThanOrEqual(0.05);
  });

  test.runIf(caught !== null)('a planted bug is noticed', () => {
    // Only values that several rows of a key share tell keys from rows.
    const telling = caught === 'keys forgotten' ? /shared.*< 0.7/ : /normal|shared/;
    const continuous = names.filter((name) => telling.test(name) && !name.includes('0.99'));
    const outside = continuous.filter((name) => {
      const coverage = tallyOf(caught!, name).covered / draws;
      return coverage < leastCoverage || coverage > mostCoverage;
    });
    expect(outside.length).toBeGreaterThan(continuous.length / 2);
  });
});

/** Writes the population as Parquet and computes the true answers. */
async function writePopulation(rows: number, path: string): Promise<Map<string, number>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${tableSql(rows)}) TO '${path}' (FORMAT parquet)`);
  const truths = new Map<string, number>();
  for (const condition of conditions) {
    const reader = await connection.runAndReadAll(
      `SELECT ${outputs.map((output) => `${output}::DOUBLE`).join(', ')} FROM '${path}' WHERE ${condition}`,
    );
    for (const [place, value] of reader.getRowsJS()[0]!.entries())
      truths.set(`${outputs[place]} WHERE ${condition}`, value as number);
  }
  connection.closeSync();
  instance.closeSync();
  return truths;
}
