import { describe, expect, test } from 'vitest';
import { isReservedWord, parseStatement, printStatement } from '../../src/parser/index.ts';
import { keywordSpellings } from '../../src/parser/keywords.ts';
import { column, errorOf, expressionOf, itemOf, parsed, queryOf } from './support.ts';

const reserved = keywordSpellings.filter(isReservedWord);
const open = keywordSpellings.filter((word) => !isReservedWord(word));

describe('keywords', () => {
  test('few are reserved', () => {
    expect(reserved.toSorted().join(' ')).toMatchInlineSnapshot(
      `"ALL AND AS ASC BETWEEN CASE CAST CROSS DESC DISTINCT ELSE END EXCEPT EXISTS FALSE FROM FULL GROUP HAVING ILIKE IN INNER INTERSECT IS JOIN LEFT LIKE LIMIT NOT NULL OFFSET ON OR ORDER QUALIFY RIGHT SELECT THEN TRUE TRY_CAST UNION USING WHEN WHERE WITH"`,
    );
    expect(isReservedWord('select')).toBe(true);
    expect(isReservedWord('Within')).toBe(false);
    expect(isReservedWord('os')).toBe(false);
  });

  test.each(open)('%s is a name wherever a name may stand', (word) => {
    const name = { name: word };
    expect(expressionOf(word)).toEqual(column(word));
    expect(expressionOf(`${word} + 1`)).toMatchObject({ left: { name } });
    expect(expressionOf(`${word}.${word}`)).toMatchObject({ qualifier: name, name });
    expect(expressionOf(`x = ${word}`)).toMatchObject({ right: { name } });
    expect(expressionOf(`${word}(x)`)).toMatchObject({ kind: 'call', name });
    expect(expressionOf(`CASE ${word} WHEN ${word} THEN ${word} ELSE ${word} END`)).toMatchObject({
      operand: { name },
    });
    expect(expressionOf(`x BETWEEN ${word} AND ${word}`)).toMatchObject({ low: { name }, high: { name } });
    expect(expressionOf(`x LIKE ${word} ESCAPE ${word}`)).toMatchObject({
      pattern: { name },
      escape: { name },
    });
    expect(expressionOf(`f(x ORDER BY ${word}) OVER (PARTITION BY ${word} ORDER BY ${word})`)).toMatchObject({
      orderBy: [{ expression: { name } }],
      over: { partitionBy: [{ name }], orderBy: [{ expression: { name } }] },
    });
    expect(
      queryOf(`SELECT ${word}, ${word}.*, x AS ${word} FROM ${word} AS ${word} (${word})`).body,
    ).toMatchObject({
      items: [{ expression: { name } }, { qualifier: name }, { alias: name }],
      from: { name, alias: { name, columns: [name] } },
    });
    expect(
      queryOf(`SELECT ${word} FROM ${word} WHERE ${word} GROUP BY ${word} HAVING ${word}`).body,
    ).toMatchObject({
      items: [{ expression: { name } }],
      where: { name },
      groupBy: [{ name }],
      having: { name },
    });
    expect(
      queryOf(`WITH ${word} (${word}) AS (SELECT 1) SELECT 1 ORDER BY ${word} LIMIT ${word}`),
    ).toMatchObject({
      with: { tables: [{ name, columns: [name] }] },
      orderBy: [{ expression: { name } }],
      limit: { name },
    });
    expect(queryOf(`WITH ${word} AS (SELECT 1) SELECT 1`).with).toMatchObject({
      recursive: false,
      tables: [{ name }],
    });
    expect(queryOf(`SELECT 1 FROM a JOIN ${word} USING (${word})`).body).toMatchObject({
      from: { right: { name } },
    });
    expect(parsed(`SELECT ${word} ERROR WITHIN 5%`)).toMatchObject({ bounds: { error: {} } });
    expect(parsed(`SELECT 1 FROM ${word} WITHIN 5 SECONDS`)).toMatchObject({ bounds: { deadline: {} } });
    expect(parsed(`CREATE SAMPLE ${word} ON ${word} UNIVERSE BY (${word}) 5%`)).toMatchObject({
      name,
      table: name,
    });
    expect(parsed(`CREATE TABLE ${word} FROM 'x' SAMPLED POPULATION ${word}`)).toMatchObject({ name });
    expect(parsed(`DROP TABLE ${word}`)).toMatchObject({ name });
    expect(parsed(`DESCRIBE ${word}`)).toMatchObject({ table: name });
  });

  /** These begin something else behind an item or a table. */
  const neverBareAlias = ['ISNULL', 'NOTNULL', 'SIMULTANEOUS'];

  test.each(open.filter((word) => !neverBareAlias.includes(word)))('%s is an alias without AS', (word) => {
    for (const sql of [`SELECT x ${word} FROM t ${word} WHERE y`, `SELECT x ${word}, y FROM t ${word}, u`]) {
      expect(queryOf(sql).body, sql).toMatchObject({
        items: [{ alias: { name: word } }, ...(sql.includes('y FROM') ? [{}] : [])],
      });
    }
    expect(queryOf(`SELECT x ${word}`).body).toMatchObject({ items: [{ alias: { name: word } }] });
  });

  test.each(reserved)('%s is a name in quotes only', (word) => {
    expect(itemOf(`SELECT "${word}"`)).toMatchObject({ kind: 'column', name: { name: word } });
    const sql = `SELECT "${word}" FROM "${word}" AS "${word}"`;
    expect(printStatement(parseStatement(sql))).toBe(sql);
    expect(errorOf(`SELECT x AS ${word} FROM t`).code).toBe('SYNTAX');
  });
});

test('words that only look like keywords are names', () => {
  // Upper case makes these SELECT and LIMIT, but for the letters that are not ASCII.
  expect(expressionOf('ſelect')).toEqual(column('ſelect'));
  expect(expressionOf('lımıt')).toEqual(column('lımıt'));
});

test('FILTER and OVER behind a call are aliases where no parenthesis follows', () => {
  expect(queryOf('SELECT COUNT(*) filter, COUNT(*) over FROM t').body).toMatchObject({
    items: [{ alias: { name: 'filter' } }, { alias: { name: 'over' } }],
  });
});

test('a column may be named like the literal that it is compared with', () => {
  expect(expressionOf("date > DATE '2001-01-01'")).toMatchObject({
    left: { kind: 'column', name: { name: 'date' } },
    right: { kind: 'temporal', text: '2001-01-01' },
  });
  expect(expressionOf("interval + INTERVAL '1' DAY - day")).toMatchObject({
    left: { left: { kind: 'column' }, right: { kind: 'interval', unit: 'day' } },
    right: { kind: 'column' },
  });
  expect(expressionOf('extract(extract, extract)')).toMatchObject({ kind: 'call', arguments: [{}, {}] });
});
