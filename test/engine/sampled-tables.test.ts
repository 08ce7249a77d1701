import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tQuantile } from '../../src/estimator/index.ts';
import type { Cell, Estimate } from '../../src/index.ts';
import { fixturePath } from '../support/csv.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Tables that are themselves samples: R's survey package through SQL and the engine, then what such tables refuse.
 */

interface Reference {
  readonly estimate: number;
  readonly se: number;
  readonly t95?: readonly [number, number];
  readonly t99?: readonly [number, number];
  readonly df?: number;
}
interface Grouped {
  readonly keys: readonly string[];
  readonly estimate: readonly number[];
  readonly se: readonly number[];
}
type Entry = Reference & Readonly<Record<string, Reference & Grouped>> & { readonly n_match?: number };
const reference = JSON.parse(readFileSync(fixturePath('survey.json'), 'utf8')) as Readonly<
  Record<'apistrat' | 'tiny_fpc' | 'tiny_nofpc', Readonly<Record<string, Entry>>>
>;

interface QuantileReference {
  readonly share: number;
  readonly estimate: number;
  readonly beta95: readonly [number | null, number | null];
  readonly betaSe: number | null;
}
const quantiles = JSON.parse(readFileSync(fixturePath('survey-quantiles.json'), 'utf8')) as Readonly<
  Record<'apistrat' | 'tiny_fpc' | 'tiny_nofpc', Readonly<Record<string, readonly QuantileReference[]>>>
>;

const tolerance = 1e-9;
const isEstimate = (cell: Cell | undefined): cell is Estimate =>
  typeof cell === 'object' && cell !== null && 'certified' in cell;

function expectClose(found: number | null, expected: number, what: string): void {
  const difference = Math.abs((found ?? Number.NaN) - expected);
  expect(difference, `${what}: ${found} against ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(Math.abs(expected), 1e-300),
  );
}

/** Compares an estimate, its standard error, and the interval that they make with the reference's degrees of freedom. */
function expectReference(estimate: Estimate, expected: Reference, scale = 1): void {
  const [value, error] = [
    estimate.value! / scale,
    estimate.stdError === null ? null : estimate.stdError / scale,
  ];
  expectClose(value, expected.estimate, 'estimate');
  expectClose(error, expected.se, 'standard error');
  if (expected.df === undefined || estimate.exact) return;
  for (const [level, ends] of [
    [0.95, expected.t95],
    [0.99, expected.t99],
  ] as const) {
    const half = tQuantile((1 + level) / 2, expected.df) * error!;
    expectClose(value - half, ends![0], `lower end at ${level}`);
    expectClose(value + half, ends![1], `upper end at ${level}`);
  }
}

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  // Yes and No are texts here, not BOOLEAN.
  const texts = ['sch_wide', 'comp_imp', 'awards'].map((name) => `'${name}': 'VARCHAR'`);
  await work.writeRows(
    'apistrat.parquet',
    `SELECT * FROM read_csv('${fixturePath('apistrat.csv')}', types = {${texts.join(', ')}})`,
  );
  // Names match without regard to case, so of nh and Nh one takes another name.
  work.write(
    'fpc.csv',
    readFileSync(fixturePath('fpc.csv'), 'utf8').replace('stratid,nh,Nh,x', 'stratid,n,Nh,x'),
  );
  await work.writeRows('weighted.parquet', `SELECT *, Nh / n AS w FROM read_csv('${work.path('fpc.csv')}')`);
  await given('apistrat', 'apistrat.parquet', 'STRATIFIED BY (stype) POPULATION fpc');
  await given('tiny_fpc', 'fpc.csv', 'STRATIFIED BY (stratid) POPULATION Nh');
  await given('tiny_nofpc', 'weighted.parquet', 'STRATIFIED BY (stratid) WEIGHT w');
});
afterAll(() => work.close());

async function given(table: string, file: string, clause: string): Promise<void> {
  await work.query(`CREATE TABLE ${table} FROM '${work.path(file)}' SAMPLED ${clause}`);
}

async function ask(sql: string): Promise<Estimate> {
  const { rows } = await work.query(sql);
  const [cell] = rows[0]!;
  if (!isEstimate(cell)) throw new Error(`no estimate: ${String(cell)}`);
  return cell;
}

/*
 * R's svyquantile, interval.type beta. Where the lower end is below the share of the first value R takes the second one: there the
 * standard error is another. Other ends are Ballpark's own, never nearer: by its own degrees of freedom, which are few at the last
 * hundredth of enroll; among values tied far from the share; and none where so few rows may all lie on one side.
 */
const secondValue = ['tiny_fpc x 0.25', 'tiny_nofpc x 0.25'];
const ownEnds = [
  ...secondValue,
  'apistrat enroll 0.99',
  'tiny_fpc x 0.75',
  'tiny_nofpc x 0.5',
  'tiny_nofpc x 0.75',
];

describe.each(['apistrat', 'tiny_fpc', 'tiny_nofpc'] as const)('quantiles of %s', (table) => {
  const cases = Object.entries(quantiles[table]).flatMap(([what, list]) =>
    list.map((expected) => [what, expected.share, expected] as const),
  );
  test('the fixture holds all', () => expect(cases).toHaveLength(table === 'apistrat' ? 19 : 3));

  test.each(cases)('%s at %d', async (what, share, { estimate, beta95: [from, to], betaSe }) => {
    const [column = '', condition] = what.slice('quantile.'.length).split(' WHERE ');
    const where = condition === undefined ? '' : ` WHERE ${condition.replace('comp.imp', 'comp_imp')}`;
    const found = await ask(`SELECT QUANTILE_DISC(${column}, ${share}) FROM ${table}${where}`);
    const name = `${table} ${column} ${share}${where}`;
    expect(found).toMatchObject({ value: estimate, exact: false });
    if (betaSe === null) expect(found.stdError).toBeNull();
    else if (secondValue.includes(name)) expect(found.stdError).toBeGreaterThan(betaSe);
    else expectClose(found.stdError, betaSe, 'standard error');
    if (from === null || to === null) return;
    if (!ownEnds.includes(name)) expect([found.low, found.high]).toEqual([from, to]);
    expect(found.low ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(from);
    expect(found.high ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(to);
  });
});

describe('apistrat: 200 schools, stratified, POPULATION', () => {
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
    expectReference(await ask(`SELECT ${sql} FROM apistrat`), expected);
  });

  const filtered = Object.entries(reference.apistrat).filter(([name]) => name.startsWith('where.'));
  const outputs = {
    count: 'COUNT(*)',
    proportion: 'COUNT(*)',
    'sum.enroll': 'SUM(enroll)',
    'sum.api00': 'SUM(api00)',
    'avg.enroll': 'AVG(enroll)',
    'avg.api00': 'AVG(api00)',
    'var.enroll': 'VAR_SAMP(enroll)',
  };
  const conditions = filtered.flatMap(([name, expected]) =>
    Object.entries(outputs).flatMap(([output, sql]) =>
      expected[output] === undefined || expected.n_match === 0
        ? []
        : [[name, output, sql, expected[output]] as const],
    ),
  );
  test('the fixture holds what is compared under conditions', () => {
    expect(filtered).toHaveLength(8);
    expect(conditions.length).toBeGreaterThan(40);
  });
  test.each(conditions)('%s: %s', async (name, output, sql, expected) => {
    const condition = name
      .slice('where.'.length)
      .replace('comp.imp', 'comp_imp')
      .replace('sch.wide', 'sch_wide');
    const { rows, answer } = await work.query(`SELECT ${sql} FROM apistrat WHERE ${condition}`);
    const [cell] = rows[0]!;
    const scale = output === 'proportion' ? 6194 : 1;
    // What the strata tell by themselves is exact, and R says so with a standard error of 0.
    if (answer.mode === 'precomputed') {
      expectClose(Number(cell) / scale, expected.estimate, 'number of rows');
      expect(expected.se).toBe(0);
    } else expectReference(cell as Estimate, expected, scale);
  });

  test('a count without a match holds the truth of 130 schools', async () => {
    const estimate = await ask('SELECT COUNT(*) FROM apistrat WHERE api00 > 900');
    expect(estimate).toMatchObject({ value: 0, low: 0, support: 0, exact: false });
    expect(estimate.high).toBeGreaterThan(130);
  });

  const grouped = Object.entries(reference.apistrat).flatMap(([name, expected]) =>
    name.startsWith('group_by.')
      ? ['sum.enroll', 'avg.enroll', 'avg.api00', 'count'].flatMap((output) =>
          expected[output] === undefined
            ? []
            : [
                [
                  name,
                  output,
                  expected[output],
                  expected[output].keys ?? (expected as unknown as Grouped).keys,
                ] as const,
              ],
        )
      : [],
  );
  test('the fixture holds what is compared by groups', () => expect(grouped.length).toBeGreaterThan(8));
  test.each(grouped)('%s: %s', async (name, output, expected, keys) => {
    const key = name.slice('group_by.'.length).replace('.', '_');
    const sql = outputs[output as keyof typeof outputs];
    const { rows } = await work.query(`SELECT ${key}, ${sql} FROM apistrat GROUP BY ${key}`);
    expect(rows).toHaveLength(keys.length);
    for (const [place, wanted] of keys.entries()) {
      const cell = rows.find((row) => row[0] === wanted)![1]!;
      const [estimate, error] = [expected.estimate[place]!, expected.se[place]!];
      if (!isEstimate(cell)) expect([cell, 0]).toEqual([estimate, error]);
      // A spread of nothing is not reported as certainty: R gives 0 (or its rounding error), we give none.
      else if (error <= 1e-12 * Math.abs(estimate))
        expect(cell).toMatchObject({
          stdError: null,
          certified: false,
          value: expect.closeTo(estimate) as number,
        });
      else {
        expectClose(cell.value, estimate, `${wanted} estimate`);
        expectClose(cell.stdError, error, `${wanted} standard error`);
      }
    }
  });

  test('numbers of rows by strata are exact, and read no row', async () => {
    const { rows, answer } = await work.query(
      'SELECT stype, COUNT(*) FROM apistrat GROUP BY stype ORDER BY stype',
    );
    expect(rows).toEqual([['E', 4421], ['H', 755], ['M', 1018]]); // prettier-ignore
    expect(answer).toMatchObject({ mode: 'precomputed', sample: { rowsRead: 0, populationRows: 6194 } });
  });

  test('totals of the file are not taken for those of the population', async () => {
    const [row] = (await work.query("SELECT SUM(enroll), AVG(enroll), COUNT(enroll) FROM apistrat WHERE stype = 'E'")).rows; // prettier-ignore
    for (const cell of row!.slice(0, 2)) expect(cell).toMatchObject({ exact: false });
    expect(row![2]).toMatchObject({ value: 4421 });
  });
});

describe.each(['tiny_fpc', 'tiny_nofpc'] as const)('%s: 8 rows in two strata', (name) => {
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
    const where = condition === undefined ? '' : ` WHERE ${condition}`;
    expectReference(await ask(`SELECT ${sql} FROM ${name}${where}`), expected);
  });
});
