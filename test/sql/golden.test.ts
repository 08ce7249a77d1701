import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { QueryError, renderError } from '../../src/common/index.ts';
import { splitStatements } from '../../src/parser/index.ts';
import {
  dateType,
  formatType,
  integerType,
  layoutMoments,
  monomialKey,
  timestampType,
  varcharType,
} from '../../src/plan/index.ts';
import { analyseQuery } from '../../src/planner/aggregate-query.ts';
import { asEstimates } from '../../src/planner/as-estimates.ts';
import { printQuery } from '../../src/sources/index.ts';
import { bindSql } from '../support/bind.ts';
import { ReferenceDuckDB } from '../support/duckdb.ts';

/*
 * What binding and analysis make of queries: the statement that a source would be sent, its columns, and how samples could answer
 * it; or the error. Regenerate with `npx vitest run test/sql -u`, and read the difference.
 */

const tables = [
  {
    name: 'flights',
    columns: [
      { name: 'date', type: timestampType },
      { name: 'delay', type: integerType },
      { name: 'distance', type: integerType },
      { name: 'origin', type: varcharType },
      { name: 'destination', type: varcharType },
    ],
  },
  {
    name: 'airports',
    columns: [
      { name: 'code', type: varcharType },
      { name: 'name', type: varcharType },
      { name: 'city', type: varcharType },
      { name: 'opened', type: dateType },
    ],
  },
];

function outcomeOf(sql: string): string {
  try {
    const bound = bindSql(sql, tables);
    const columns = bound.columns.map(({ name, type }) => `${name} ${formatType(type)}`).join(', ');
    return [`columns: ${columns}`, `source:  ${printQuery(bound)}`, `samples: ${samplingOf(bound)}`].join(
      '\n',
    );
  } catch (error) {
    if (error instanceof QueryError) return renderError(error, sql);
    throw error;
  }
}

function samplingOf(bound: ReturnType<typeof bindSql>): string {
  const analysis = analyseQuery(bound);
  if (analysis.kind === 'other') return `no: ${analysis.reason}`;
  if (analysis.samplingRefusal !== null) return `strata totals only: ${analysis.samplingRefusal}`;
  const query = asEstimates(analysis.query);
  if (query === null) return 'strata totals only: an expression over aggregates';
  const byKey = query.aggregates.some(({ distinct }) => distinct);
  const { layout } = layoutMoments(query, undefined, byKey ? 'key' : 'row');
  const sums =
    layout.keyed === null
      ? layout.monomials.map((monomial) => monomialKey(monomial) || '1').join(' ')
      : `by key ${layout.keyed.products.map((product) => product.map((total) => `z${total}`).join('*') || '1').join(' ')}`;
  const { filter, keys, aggregates, intervals, shownIntervals, accessors } = query;
  const counts = [`${filter.length} conditions`, `${keys.length} keys`, `${aggregates.length} aggregates`];
  if (accessors.length > 0) counts.push(`${accessors.length} accessors`);
  if (intervals.length > shownIntervals) counts.push(`${intervals.length - shownIntervals} intervals more`);
  return `${counts.join(', ')}; sums ${sums}`;
}

const script = readFileSync(new URL('queries.sql', import.meta.url), 'utf8');
const statements = splitStatements(script).map(({ text }) => text.replaceAll(/^--.*\n/gm, '').trim());

test('binding and analysis', async () => {
  const outcomes = statements.map((sql) => `${sql}\n${outcomeOf(sql)}\n`);
  await expect(outcomes.join('\n')).toMatchFileSnapshot('queries.golden');
});

test('DuckDB takes every statement that is printed, and gives the columns that were bound', async () => {
  const duckdb = await ReferenceDuckDB.open();
  for (const { name, columns } of tables) {
    const list = columns.map((column) => `"${column.name}" ${formatType(column.type)}`).join(', ');
    await duckdb.connection.run(`CREATE TABLE ${name} (${list})`);
  }
  let taken = 0;
  for (const sql of statements) {
    let bound;
    try {
      bound = bindSql(sql, tables);
    } catch (error) {
      if (error instanceof QueryError) continue;
      throw error;
    }
    const columns = await duckdb.columns(printQuery(bound));
    expect([sql, columns.map(({ type }) => formatType(type))]).toEqual([
      sql,
      bound.columns.map(({ type }) => formatType(type)),
    ]);
    taken++;
  }
  expect(taken).toBeGreaterThan(25);
  duckdb.close();
});
