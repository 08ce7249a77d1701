import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import type { Moments } from '../../src/plan/index.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { fixturePath } from '../support/csv.ts';
import { DrawingTable } from '../support/draws.ts';

/*
 * How often intervals hold the truth, over 1,000 fixed seeds: samples drawn by DuckDB as CREATE SAMPLE draws them, read by
 * kernels, estimated. Nominal 95 %; asked for: between 92.5 % and 97.5 %, less two Monte-Carlo standard errors.
 */

const draws = 1000;
const confidence = 0.95;
const monteCarlo = 2 * Math.sqrt((confidence * (1 - confidence)) / draws);
const [leastCoverage, mostCoverage] = [0.925 - monteCarlo, 0.975 + monteCarlo];

interface Population {
  readonly name: string;
  /** SQL of a relation in DuckDB. */
  readonly source: string;
  readonly method: SamplingMethod;
  /** Conditions that about 70 %, 12 % and 3 % of the rows fulfil. */
  readonly conditions: readonly string[];
  readonly outputs: readonly string[];
  /** Matching rows that a sample must have on average, for an output. */
  readonly supportMin: (output: string) => number;
}

const flights = join(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet');
const populations: readonly Population[] = [
  {
    name: 'schools, uniform',
    source: `SELECT * FROM read_csv('${fixturePath('apipop.csv')}')`,
    method: { kind: 'uniform', unit: 'rows', amount: 3600 },
    conditions: ['meals < 70', 'meals < 10', 'meals = 100'],
    outputs: ['COUNT(*)', 'SUM(enroll)', 'AVG(enroll)', 'SUM(api00)', 'AVG(api00)'],
    supportMin: () => 100,
  },
  {
    name: 'schools, stratified by type',
    source: `SELECT * FROM read_csv('${fixturePath('apipop.csv')}')`,
    method: { kind: 'stratified', columns: ['stype'], cap: 2400 },
    conditions: ['meals < 70', 'meals < 10', 'meals = 100'],
    outputs: ['COUNT(*)', 'SUM(enroll)', 'AVG(enroll)', 'SUM(api00)', 'AVG(api00)'],
    supportMin: () => 100,
  },
  {
    name: 'flights, uniform',
    source: `SELECT delay, distance FROM read_parquet('${flights}')`,
    method: { kind: 'uniform', unit: 'rows', amount: 40_000 },
    conditions: ['distance < 900', 'distance > 1460', 'distance > 2300'],
    outputs: ['COUNT(*)', 'SUM(delay)', 'AVG(delay)', 'SUM(distance)', 'AVG(distance)'],
    supportMin: (output) => (output.includes('delay') ? 1000 : 100),
  },
];

/** What the draws of one condition and output came to. */
interface Tally {
  covered: number;
  below: number;
  above: number;
  support: number;
}

/** The planted bug: rows are filtered first, and how many were read before is forgotten. */
function forgetRowsRead(moments: Moments): Moments {
  const stride = moments.layout.monomials.length;
  const rowsRead = new Float64Array(moments.rowsRead.length);
  for (let cell = 0; cell < moments.cellCount; cell++)
    rowsRead[moments.cellStratum[cell]!]! += moments.sums[cell * stride]!;
  const populationRows = moments.populationRows.map(
    (population, h) => (population * rowsRead[h]!) / moments.rowsRead[h]!,
  );
  return { ...moments, rowsRead, populationRows };
}

describe.each(populations)('$name', (population) => {
  const folder = mkdtempSync(join(tmpdir(), 'ballpark-coverage-'));
  const sound = new Map<string, Tally>();
  const bugged = new Map<string, Tally>();

  beforeAll(async () => {
    const path = join(folder, 'population.parquet');
    const truths = await writePopulation(population, path);
    const table = await DrawingTable.open(path, population.method, folder);
    const queries = population.conditions.map((condition) =>
      bindAggregate(`SELECT ${population.outputs.join(', ')} FROM t WHERE ${condition}`, table.columns),
    );
    for (let seed = 1; seed <= draws; seed++) {
      const sample = await table.draw(seed);
      for (const [place, query] of queries.entries()) {
        for (const [tallies, alter] of [
          [sound, undefined],
          [bugged, forgetRowsRead],
        ] as const) {
          const { groups } = await askSample(sample, query, {
            confidence,
            ...(alter === undefined ? {} : { alter }),
          });
          for (const [output, { estimate }] of groups[0]!.estimates.entries()) {
            const name = `${population.outputs[output]} WHERE ${population.conditions[place]}`;
            const tally = tallies.get(name) ?? { covered: 0, below: 0, above: 0, support: 0 };
            tallies.set(name, tally);
            const truth = truths.get(name)!;
            tally.support += estimate.support / draws;
            // An interval without ends claims nothing, so it does not count as holding the truth.
            if (estimate.low === null || estimate.high === null) continue;
            if (truth < estimate.low) tally.below++;
            else if (truth > estimate.high) tally.above++;
            else tally.covered++;
          }
        }
      }
      await sample.close();
    }
    await table.close();
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const names = population.conditions.flatMap((condition) =>
    population.outputs.map((output) => `${output} WHERE ${condition}`),
  );
  test.each(names)('%s', (name) => {
    const { covered, support } = sound.get(name)!;
    expect(support).toBeGreaterThanOrEqual(population.supportMin(name));
    expect(covered / draws).toBeGreaterThanOrEqual(leastCoverage);
    expect(covered / draws).toBeLessThanOrEqual(mostCoverage);
  });

  test('forgetting the rows read before the filter is noticed', () => {
    const outside = names.filter((name) => {
      const coverage = bugged.get(name)!.covered / draws;
      return coverage < leastCoverage || coverage > mostCoverage;
    });
    // Totals lose the randomness of the match count; averages do not depend on it.
    const totals = names.filter((name) => !name.startsWith('AVG'));
    expect(outside.filter((name) => totals.includes(name)).length).toBeGreaterThan(totals.length / 2);
  });
});

/** Writes the population as Parquet and computes the true answers. */
async function writePopulation(population: Population, path: string): Promise<Map<string, number>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${population.source}) TO '${path}' (FORMAT parquet)`);
  const truths = new Map<string, number>();
  for (const condition of population.conditions) {
    const reader = await connection.runAndReadAll(
      `SELECT ${population.outputs.map((output) => `${output}::DOUBLE`).join(', ')} FROM '${path}' WHERE ${condition}`,
    );
    for (const [place, value] of reader.getRowsJS()[0]!.entries())
      truths.set(`${population.outputs[place]} WHERE ${condition}`, value as number);
  }
  connection.closeSync();
  instance.closeSync();
  return truths;
}
