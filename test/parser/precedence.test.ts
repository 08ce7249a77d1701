import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryError } from '../../src/common/index.ts';
import { type Expression, printExpression } from '../../src/parser/index.ts';
import { itemOf } from './support.ts';

/*
 * DuckDB is asked how it reads an expression, and how it reads the same expression with the parentheses that our tree implies.
 * Where the two trees are equal, we read it as DuckDB does.
 */

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;
let instance: DuckDBInstance;
let connection: Connection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

/** DuckDB's trees of expressions, as text; null for one that it refuses. */
async function duckdbTrees(texts: readonly string[]): Promise<(string | null)[]> {
  const trees: (string | null)[] = [];
  for (let start = 0; start < texts.length; start += 200) {
    const calls = texts
      .slice(start, start + 200)
      .map((text) => `json_serialize_sql('SELECT ${text.replaceAll("'", "''")}'::VARCHAR)`);
    const [row] = (await connection.runAndReadAll(`SELECT ${calls.join(', ')}`)).getRows();
    trees.push(...row!.map(treeIn));
  }
  return trees;
}

function treeIn(serialized: unknown): string | null {
  const withoutPlaces = JSON.parse(String(serialized), (key, value) => {
    if (key === 'query_location') return 0;
    // The two names of one operator.
    return key === 'function_name' && value === '**' ? '^' : value;
  });
  return withoutPlaces.error ? null : JSON.stringify(withoutPlaces.statements[0].node.select_list[0]);
}

/** The expression with parentheses around every operand. */
function parenthesized(expression: Expression): string {
  const inner = (operand: Expression): string => `(${parenthesized(operand)})`;
  switch (expression.kind) {
    case 'unary':
      return `${expression.operator} ${inner(expression.operand)}`;
    case 'binary':
      return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}`;
    case 'logical':
      return expression.operands.map(inner).join(` ${expression.operator} `);
    case 'between':
      return `${inner(expression.operand)} ${not(expression)} BETWEEN ${inner(expression.low)} AND ${inner(expression.high)}`;
    case 'in-list':
      return `${inner(expression.operand)} ${not(expression)} IN (${expression.items.map(parenthesized).join(', ')})`;
    case 'like': {
      const escape = expression.escape === null ? '' : ` ESCAPE ${inner(expression.escape)}`;
      const operator = expression.caseInsensitive ? 'ILIKE' : 'LIKE';
      return `${inner(expression.operand)} ${not(expression)} ${operator} ${inner(expression.pattern)}${escape}`;
    }
    case 'is':
      return `${inner(expression.operand)} IS ${not(expression)} ${expression.test}`;
    case 'is-distinct':
      return `${inner(expression.left)} IS ${not(expression)} DISTINCT FROM ${inner(expression.right)}`;
    case 'cast':
      return `CAST(${parenthesized(expression.operand)} AS ${expression.type.name})`;
    default:
      return printExpression(expression);
  }
}

function not({ negated }: { readonly negated: boolean }): string {
  return negated ? 'NOT' : '';
}

interface Reading {
  readonly text: string;
  /** With our parentheses; null where we refuse it. */
  readonly ours: string | null;
}

function readingOf(text: string): Reading {
  try {
    return { text, ours: parenthesized(itemOf(`SELECT ${text}`)) };
  } catch (error) {
    if (error instanceof QueryError) return { text, ours: null };
    throw error;
  }
}

async function compare(texts: readonly string[]) {
  const readings = texts.map(readingOf);
  const theirs = await duckdbTrees(texts);
  const ours = await duckdbTrees(readings.map((reading) => reading.ours ?? 'NULL'));
  const refused = (index: number): boolean => readings[index]!.ours === null;
  return {
    differing: texts.filter(
      (_, index) => !refused(index) && theirs[index] !== null && ours[index] !== theirs[index],
    ),
    onlyDuckdb: texts.filter((_, index) => refused(index) && theirs[index] !== null),
    onlyOurs: texts.filter((_, index) => !refused(index) && theirs[index] === null),
  };
}

// Without ==: to us it is another spelling of =, in DuckDB an operator as tight as ||.
// prettier-ignore
const binaries = [
  '+', '-', '*', '/', '//', '%', '^', '**', '||', '=', '<>', '!=', '<', '<=', '>', '>=', 'AND', 'OR', 'LIKE',
  'NOT ILIKE', 'IS DISTINCT FROM',
];
// prettier-ignore
const endings = [
  'BETWEEN x AND y', 'NOT BETWEEN x AND y', 'IN (x)', 'IS NULL', 'IS NOT TRUE', 'ISNULL', 'NOTNULL', '::INT',
  'LIKE x ESCAPE y',
];
const firsts = [...binaries.flatMap((operator) => [`${operator} b`, `${operator} - b`]), ...endings];
const seconds = [...binaries.map((operator) => `${operator} c`), ...endings];
const pairs = ['', '- ', 'NOT '].flatMap((prefix) =>
  firsts.flatMap((first) => seconds.map((second) => `${prefix}a ${first} ${second}`)),
);

describe('precedence', () => {
  test('every pair of operators is read as DuckDB reads it, or refused', async () => {
    const { differing, onlyDuckdb, onlyOurs } = await compare(pairs);
    expect(differing).toEqual([]);
    // A test or IN is no operand of a tighter operator without parentheses; DuckDB takes its left side whole.
    expect(onlyDuckdb.filter((text) => !/(IN \(x\)|IS NULL|TRUE|ISNULL|NOTNULL) \S/.test(text))).toEqual([]);
    // IS DISTINCT FROM can be tested again; DuckDB refuses that.
    expect(onlyOurs.filter((text) => !/IS DISTINCT FROM (- )?b (IS|NOTNULL)/.test(text))).toEqual([]);
  });

  test.each([
    '-a ^ b',
    '- - a',
    '+ - a::INT',
    '-a::INT::TEXT',
    'a ^ b ^ c',
    'a ^ -b ^ c',
    'a - b - c + d',
    'a / b * c // d % e',
    'a || b || c + d',
    'NOT NOT a = b',
    'NOT a AND NOT b OR c AND d',
    'a OR b AND c OR d',
    'a = b + c AND d < e || f',
    'a == b + c AND d == e',
    'a BETWEEN b + 1 AND c || d AND e',
    'a BETWEEN b AND c OR d',
    'a LIKE b || c ESCAPE d || e',
    'NOT a IS NULL',
    'a = b IS NULL IS NOT NULL',
    'a IS DISTINCT FROM b = c',
    'a = b IS NOT DISTINCT FROM c + d',
    'a IN (b, c + d) = e',
    'CASE a WHEN b THEN c ELSE d END::INT + e',
    'CAST(a + b AS INT) * c',
    'EXISTS (SELECT 1) AND a',
    '(SELECT 1) + 2 * 3',
    '(a + b) * c - (d - e)',
    '(a AND b) AND c',
    'COUNT(*) FILTER (WHERE a) + SUM(DISTINCT b)',
    "INTERVAL '3' DAY + a",
    "DATE '2001-01-01' + INTERVAL '3' DAYS",
  ])('%s', async (text) => {
    const { differing, onlyDuckdb, onlyOurs } = await compare([text]);
    expect({ differing, onlyDuckdb, onlyOurs }).toEqual({ differing: [], onlyDuckdb: [], onlyOurs: [] });
  });
});
