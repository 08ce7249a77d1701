import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { tQuantile } from '../../src/estimator/index.ts';
import type { Estimate } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import type { ArrayTable } from '../support/array-scan.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { fixturePath, readCsvTable } from '../support/csv.ts';
import { takeWhole } from '../support/take-whole.ts';

/*
 * The estimator against R's survey package, through SQL, kernels and sample files. The reference data are themselves samples, so
 * their rows are taken whole and the strata's population is given.
 */

interface Reference {
  readonly estimate: number;
  readonly se: number;
  readonly t95?: readonly [number, number];
  readonly t99?: readonly [number, number];
  readonly df?: number;
}
interface GroupedReference {
  readonly keys: readonly string[];
  readonly estimate: readonly number[];
  readonly se: readonly number[];
}
type Entry = Reference &
  Readonly<Record<string, Reference & GroupedReference & { readonly keys?: readonly string[] }>> & {
    readonly n_match?: number;
  };
const reference = JSON.parse(readFileSync(fixturePath('survey.json'), 'utf8')) as Readonly<
  Record<'apistrat' | 'tiny_fpc' | 'tiny_nofpc', Readonly<Record<string, Entry>>>
>;

/** Relative difference allowed. */
const tolerance = 1e-9;

function expectClose(found: number | null | undefined, expected: number, what: string): void {
  const difference = Math.abs((found ?? Number.NaN) - expected);
  expect(difference, `${what}: ${found} against ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(Math.abs(expected), 1e-300),
  );
}

/** Compares an estimate, its standard error, and the interval that they make with the reference's degrees of freedom. */
function expectReference(estimate: Estimate, expected: Reference, what: string, scale = 1): void {
  expectClose(estimate.value! / scale, expected.estimate, `${what} estimate`);
  expectClose((estimate.exact ? 0 : estimate.stdError!) / scale, expected.se, `${what} standard error`);
  for (const [level, ends] of [
    [0.95, expected.t95],
    [0.99, expected.t99],
  ] as const) {
    if (ends === undefined) continue;
    const half = (tQuantile((1 + level) / 2, expected.df!) * estimate.stdError!) / scale;
    expectClose(estimate.value! / scale - half, ends[0], `${what} lower end at ${level}`);
    expectClose(estimate.value! / scale + half, ends[1], `${what} upper end at ${level}`);
  }
}

async function askOne(sample: Sample, table: ArrayTable, sql: string): Promise<readonly Estimate[]> {
  const { groups } = await askSample(sample, bindAggregate(sql, table.columns));
  return groups[0]!.estimates.map(({ estimate }) => estimate);
}

describe('apistrat: 200 schools, stratified, with fpc', () => {
  const table = readCsvTable('apistrat.csv');
  let sample: Sample;
  beforeAll(async () => {
    sample = await takeWhole(table, 'stype', 'fpc', 1);
  });

  const plain = Object.entries(reference.apistrat).filter(([name]) =>
    /^(mean|total|var|sd|ratio)\./.test(name),
  );
  test('the fixture holds what is compared', () => expect(plain).toHaveLength(22));
  test.each(plain)('%s', async (name, expected) => {
    const [kind = '', column = ''] = name.split(/\.(.*)/);
    const sql = {
      mean: `AVG(${column})`,
      total: `SUM(${column})`,
      var: `VAR_SAMP(${column})`,
      sd: `STDDEV(${column})`,
      ratio: column.replaceAll('.', '_').split('/').map((part) => `SUM(${part})`).join(' / '),
    }[kind]; // prettier-ignore
    const [estimate] = await askOne(sample, table, `SELECT ${sql} FROM t WHERE meals >= 0`);
    expectReference(estimate!, expected, name);
  });

  test('a count without a condition is exact', async () => {
    const [estimate] = await askOne(sample, table, 'SELECT COUNT(*) FROM t');
    expect(estimate).toMatchObject({ value: 6194, low: 6194, high: 6194, exact: true });
  });

  const filtered = Object.entries(reference.apistrat).filter(([name]) => name.startsWith('where.'));
  test('the fixture holds eight conditions', () => expect(filtered).toHaveLength(8));
  test.each(filtered)('%s', async (name, expected) => {
    const condition = name
      .slice('where.'.length)
      .replace('comp.imp', 'comp_imp')
      .replace('sch.wide', 'sch_wide');
    const outputs = {
      count: 'COUNT(*)',
      proportion: 'COUNT(*)',
      'sum.enroll': 'SUM(enroll)',
      'sum.api00': 'SUM(api00)',
      'avg.enroll': 'AVG(enroll)',
      'avg.api00': 'AVG(api00)',
      'var.enroll': 'VAR_SAMP(enroll)',
    };
    for (const [output, sql] of Object.entries(outputs)) {
      const found = expected[output];
      // Without a match AVG is NULL, and COUNT and SUM have no standard error to compare.
      if (found === undefined || (expected.n_match === 0 && !['count', 'sum.enroll'].includes(output)))
        continue;
      const [estimate] = await askOne(sample, table, `SELECT ${sql} FROM t WHERE ${condition}`);
      if (expected.n_match === 0) {
        expect(estimate).toMatchObject({ value: 0, low: 0 });
        // There are 130 such schools: the interval must not say that there are none.
        if (output === 'count') expect(estimate!.high).toBeGreaterThan(130);
        else expect(estimate).toMatchObject({ certified: false, reasons: ['NO_MATCH'] });
      } else if (output === 'proportion')
        expectReference(
          {
            ...estimate!,
            value: estimate!.value! / 6194,
            stdError: estimate!.exact ? 0 : estimate!.stdError! / 6194,
          },
          found,
          `${name} ${output}`,
        );
      else
        expectReference(
          estimate!,
          estimate!.exact ? { estimate: found.estimate, se: found.se } : found,
          `${name} ${output}`,
        );
    }
  });

  const grouped = Object.entries(reference.apistrat).filter(([name]) => name.startsWith('group_by.'));
  test('the fixture holds four groupings', () => expect(grouped).toHaveLength(4));
  test.each(grouped)('%s', async (name, expected) => {
    const key = name.slice('group_by.'.length).replace('.', '_');
    const outputs = {
      'sum.enroll': 'SUM(enroll)',
      'avg.enroll': 'AVG(enroll)',
      'avg.api00': 'AVG(api00)',
      count: 'COUNT(*)',
    };
    for (const [output, sql] of Object.entries(outputs)) {
      const found = expected[output];
      if (found === undefined) continue;
      const { groups } = await askSample(
        sample,
        bindAggregate(`SELECT ${key}, ${sql} FROM t GROUP BY ${key}`, table.columns),
      );
      const keys = found.keys ?? (expected as unknown as GroupedReference).keys;
      expect(groups).toHaveLength(keys.length);
      for (const [place, wanted] of keys.entries()) {
        const estimate = groups.find((group) => group.keys[0] === wanted)!.estimates[0]!.estimate;
        expectClose(estimate.value, found.estimate[place]!, `${name} ${output} ${wanted} estimate`);
        const standardError = found.se[place]!;
        // A spread of nothing is not reported as certainty: R gives 0 (or its rounding error), we give none.
        if (standardError <= 1e-12 * Math.abs(estimate.value!) && !estimate.exact)
          expect(estimate).toMatchObject({ stdError: null, certified: false });
        else
          expectClose(
            estimate.exact ? 0 : estimate.stdError,
            standardError,
            `${name} ${output} ${wanted} standard error`,
          );
      }
    }
  });
});

describe.each([
  ['tiny_fpc', 1],
  // Without fpc: a population so large that the correction vanishes, and totals brought back by the same power of two.
  ['tiny_nofpc', 2 ** 40],
] as const)('%s: 8 rows in two strata', (name, factor) => {
  const table = readCsvTable('fpc.csv');
  let sample: Sample;
  beforeAll(async () => {
    sample = await takeWhole(table, 'stratid', 'Nh', factor);
  });

  test.each(Object.entries(reference[name]))('%s', async (what, expected) => {
    const [aggregate = '', condition] = what.split(' WHERE ');
    const [kind = ''] = aggregate.split('.');
    const sql = {
      mean: 'AVG(x)',
      avg: 'AVG(x)',
      total: 'SUM(x)',
      sum: 'SUM(x)',
      var: 'VAR_SAMP(x)',
      count: 'COUNT(*)',
    }[kind];
    const [estimate] = await askOne(sample, table, `SELECT ${sql} FROM t WHERE ${condition ?? 'x > 0'}`);
    expectReference(estimate!, expected, what, ['total', 'sum', 'count'].includes(kind) ? factor : 1);
  });
});
