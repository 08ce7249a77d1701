import { type IToken, tokenMatcher, type TokenType } from 'chevrotain';
import { category, lexeme } from './tokens.ts';

/*
 * SQL that Ballpark knows of and does not speak. The grammar leaves it out, so a statement fails there like at any error of
 * syntax; the tokens around the failure are then compared with these sequences, to name what is not supported.
 */

/** A part of SQL that is not supported, as the message names it, and what to do instead. */
export interface Unsupported {
  readonly what: string;
  readonly hint?: string;
}

const readOnly = { hint: 'a table is made with CREATE TABLE … FROM a file, and never changed' };
const fromFile = { hint: 'make a table of the file: CREATE TABLE … FROM a file' };
const samples = { hint: 'make a sample with CREATE SAMPLE' };
const inlineWindow = { hint: 'write the window in parentheses behind OVER' };

const wildcards: ReadonlyMap<string, readonly TokenType[]> = new Map([
  ['<name>', [category.name]],
  ['<string>', [lexeme.string]],
  ['<number>', [lexeme.number]],
  ['<operator>', [category.comparison, category.arithmetic]],
]);

/**
 * Sequences of words and signs, in upper case, that hold the failure; where a bar stands, behind it. `<name>`, `<string>`,
 * `<number>` and `<operator>` stand for any such token, `^` for the start of the statement.
 */
const unsupported: readonly (readonly [sequence: string, Unsupported])[] = [
  ['^ | INSERT', { what: 'INSERT', ...readOnly }],
  ['^ | UPDATE', { what: 'UPDATE', ...readOnly }],
  ['^ | DELETE', { what: 'DELETE', ...readOnly }],
  ['^ | MERGE', { what: 'MERGE', ...readOnly }],
  ['^ | TRUNCATE', { what: 'TRUNCATE', ...readOnly }],
  ['^ | ALTER', { what: 'ALTER', ...readOnly }],
  ['^ | COPY', { what: 'COPY', ...fromFile }],
  ['^ | ATTACH', { what: 'ATTACH', ...fromFile }],
  ['^ | SET', { what: 'SET' }],
  ['^ | PRAGMA', { what: 'PRAGMA' }],
  ['^ | BEGIN', { what: 'a transaction' }],
  ['^ | VALUES', { what: 'VALUES' }],
  ['VALUES | (', { what: 'VALUES' }],
  ['^ | FROM', { what: 'FROM without SELECT', hint: 'begin with SELECT *' }],
  ['( | FROM', { what: 'FROM without SELECT', hint: 'begin with SELECT *' }],
  ['SELECT | FROM', { what: 'SELECT without items', hint: 'name what to select, or *' }],
  ['CREATE | VIEW', { what: 'CREATE VIEW' }],
  ['CREATE | OR REPLACE', { what: 'CREATE OR REPLACE', hint: 'DROP it first' }],
  ['CREATE TABLE <name> | AS', { what: 'CREATE TABLE … AS', ...fromFile }],
  ['CREATE TABLE <name> | (', { what: 'CREATE TABLE with columns', ...fromFile }],
  ['DISTINCT | ON', { what: 'SELECT DISTINCT ON', hint: 'use QUALIFY row_number() OVER (…) = 1' }],
  ['* | EXCLUDE', { what: '* EXCLUDE' }],
  ['* | REPLACE', { what: '* REPLACE' }],
  ['FROM | <string>', { what: 'reading a file in FROM', ...fromFile }],
  ['JOIN | <string>', { what: 'reading a file in JOIN', ...fromFile }],
  ['LATERAL | (', { what: 'LATERAL' }],
  ['FROM <name> | (', { what: 'a table function', ...fromFile }],
  ['JOIN <name> | (', { what: 'a table function', ...fromFile }],
  [', <name> | (', { what: 'a table function', ...fromFile }],
  ['FROM <name> | .', { what: 'a table name with a schema' }],
  ['JOIN <name> | .', { what: 'a table name with a schema' }],
  [', <name> | .', { what: 'a table name with a schema' }],
  ['<name> . <name> | .', { what: 'a column name with a schema' }],
  ['NATURAL', { what: 'NATURAL JOIN', hint: 'write JOIN … USING (…)' }],
  ['SEMI', { what: 'SEMI JOIN', hint: 'use IN or EXISTS' }],
  ['ANTI', { what: 'ANTI JOIN', hint: 'use NOT IN or NOT EXISTS' }],
  ['ASOF', { what: 'ASOF JOIN' }],
  ['POSITIONAL', { what: 'POSITIONAL JOIN' }],
  ['TABLESAMPLE <name>', { what: 'TABLESAMPLE', ...samples }],
  ['TABLESAMPLE ( <number>', { what: 'TABLESAMPLE', ...samples }],
  ['USING SAMPLE', { what: 'USING SAMPLE', ...samples }],
  ['GROUPING | SETS', { what: 'GROUPING SETS' }],
  ['WITH ROLLUP', { what: 'WITH ROLLUP' }],
  ['ORDER BY | ALL', { what: 'ORDER BY ALL' }],
  ['UNION | BY', { what: 'UNION BY NAME' }],
  ['LIMIT | ALL', { what: 'LIMIT ALL', hint: 'leave LIMIT out' }],
  ['FETCH FIRST', { what: 'FETCH FIRST', hint: 'use LIMIT' }],
  ['FOR UPDATE', { what: 'FOR UPDATE' }],
  ['WINDOW <name>', { what: 'a named window', ...inlineWindow }],
  ['OVER <name>', { what: 'a named window', ...inlineWindow }],
  ['IGNORE NULLS', { what: 'IGNORE NULLS' }],
  ['RESPECT NULLS', { what: 'RESPECT NULLS' }],
  ['AT TIME ZONE', { what: 'AT TIME ZONE' }],
  ['COLLATE <name>', { what: 'COLLATE' }],
  ['SIMILAR TO', { what: 'SIMILAR TO', hint: 'use LIKE' }],
  ['ANY ( | SELECT', { what: 'ANY', hint: 'use IN' }],
  ['SOME ( | SELECT', { what: 'SOME', hint: 'use IN' }],
  ['<operator> | ALL', { what: 'ALL before a query', hint: 'use NOT IN' }],
  ['<operator> | NOT', { what: 'NOT behind an operator', hint: 'put NOT and its operand in parentheses' }],
  ['AS | MATERIALIZED', { what: 'AS MATERIALIZED' }],
  ['AS | NOT MATERIALIZED', { what: 'AS NOT MATERIALIZED' }],
];

/** What of SQL the statement uses where it failed, if it is something that is known and not supported. */
export function findUnsupported(tokens: readonly IToken[], failedAt: number): Unsupported | undefined {
  return unsupported.find(([sequence]) => holdsFailure(sequence, tokens, failedAt))?.[1];
}

function holdsFailure(sequence: string, tokens: readonly IToken[], failedAt: number): boolean {
  const words = sequence.split(' ');
  const bar = words.indexOf('|');
  const context = bar === -1 ? [] : words.slice(0, bar);
  const suspects = words.slice(bar + 1);
  return suspects.some((_, index) =>
    stands([...context, ...suspects], tokens, failedAt - index - context.length),
  );
}

/** True where the sequence stands in the tokens from the one at `start` on. */
function stands(sequence: readonly string[], tokens: readonly IToken[], start: number): boolean {
  return sequence.every((word, index) =>
    word === '^' ? start + index === -1 : isThe(word, tokens[start + index]),
  );
}

function isThe(word: string, token: IToken | undefined): boolean {
  if (token === undefined) return false;
  const wanted = wildcards.get(word);
  if (wanted === undefined) return token.image.toUpperCase() === word;
  return wanted.some((type) => tokenMatcher(token, type));
}
