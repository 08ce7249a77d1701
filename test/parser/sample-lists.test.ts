import { describe, expect, test } from 'vitest';
import { parseStatement, type SampleItem, type SampleMethod } from '../../src/parser/index.ts';
import { name, nowhere, parsed } from './support.ts';

const amount = (value: number) => ({ value, span: nowhere });

function item(method: SampleMethod, rest: Partial<SampleItem> = {}): SampleItem {
  return { name: null, method, outliersOf: [], span: nowhere, ...rest };
}

function uniform(unit: 'rows' | 'percent', value: number): SampleMethod {
  return { kind: 'uniform', size: { unit, amount: amount(value) }, span: nowhere };
}

describe('CREATE SAMPLES of a list', () => {
  test('of one sample, nothing else said', () => {
    expect(parsed('CREATE SAMPLES ON t UNIFORM 1%')).toEqual({
      kind: 'create-sample-list',
      ifNotExists: false,
      table: name('t'),
      samples: [item(uniform('percent', 1))],
      seed: null,
      span: nowhere,
    });
  });

  test('of every method, with all that can be said', () => {
    const items = [
      'UNIFORM 9 ROWS OUTLIERS OF (x, y) AS seed',
      'STRATIFIED BY (a, b) CAP 5 AS "as"',
      'UNIVERSE BY (id) 2%',
    ];
    const stratified: SampleMethod = {
      kind: 'stratified',
      columns: [name('a'), name('b')],
      cap: amount(5),
      span: nowhere,
    };
    expect(parsed(`create samples if not exists on t ${items.join(', ')} seed 7;`)).toEqual({
      kind: 'create-sample-list',
      ifNotExists: true,
      table: name('t'),
      samples: [
        item(uniform('rows', 9), { name: name('seed'), outliersOf: [name('x'), name('y')] }),
        item(stratified, { name: name('as') }),
        item({ kind: 'universe', columns: [name('id')], percent: amount(2), span: nowhere }),
      ],
      seed: amount(7),
      span: nowhere,
    });
  });

  test('each sample of a list has its place', () => {
    const items = ['UNIFORM 1%', 'UNIVERSE BY (a) 2% AS s', 'UNIFORM 5 ROWS OUTLIERS OF (x)'];
    const sql = `CREATE SAMPLES ON t ${items.join(', ')} SEED 1`;
    const statement = parseStatement(sql);
    if (statement.kind !== 'create-sample-list') throw new Error('no list');
    expect(statement.samples.map(({ span }) => sql.slice(span.start, span.end))).toEqual(items);
    expect(statement.span).toEqual({ start: 0, end: sql.length });
  });
});
