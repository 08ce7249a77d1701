import { describe, expect, test } from 'vitest';
import type { Expression } from '../../src/parser/index.ts';
import { column, expressionOf, name, nowhere as span, number } from './support.ts';

const [a, b, c] = [column('a'), column('b'), column('c')];
const item = (expression: Expression) => ({ expression, descending: false, nulls: null, span });

describe('calls', () => {
  const call = {
    kind: 'call',
    name: name('f'),
    star: false,
    distinct: false,
    arguments: [],
    orderBy: [],
    filter: null,
    over: null,
    span,
  } as const;
  const window = { partitionBy: [], orderBy: [], frame: null, span };
  test.each<[text: string, tree: Expression]>([
    ['f()', call],
    ['f(a, b)', { ...call, arguments: [a, b] }],
    ['"f g"(a)', { ...call, name: name('f g'), arguments: [a] }],
    ['COUNT(*)', { ...call, name: name('COUNT'), star: true }],
    ['f(DISTINCT a)', { ...call, distinct: true, arguments: [a] }],
    ['f(ALL a)', { ...call, arguments: [a] }],
    ['left(a, 2)', { ...call, name: name('left'), arguments: [a, number('2')] }],
    ['RIGHT(a, 2)', { ...call, name: name('RIGHT'), arguments: [a, number('2')] }],
    [
      'f(a ORDER BY b DESC NULLS FIRST, c ASC)',
      { ...call, arguments: [a], orderBy: [{ ...item(b), descending: true, nulls: 'first' }, item(c)] },
    ],
    ['f(a) FILTER (WHERE b)', { ...call, arguments: [a], filter: b }],
    // As the plain calls that they stand for.
    [
      'PERCENTILE_CONT(0.3) WITHIN GROUP (ORDER BY a)',
      { ...call, name: name('quantile_cont'), arguments: [a, number('0.3')] },
    ],
    [
      'percentile_disc(0.3) WITHIN GROUP (ORDER BY a DESC NULLS LAST) FILTER (WHERE b)',
      {
        ...call,
        name: name('quantile_disc'),
        arguments: [a, number('0.3')],
        orderBy: [{ ...item(a), descending: true }],
        filter: b,
      },
    ],
    ['mode() WITHIN GROUP (ORDER BY a)', { ...call, name: name('mode'), arguments: [a] }],
    ['f() OVER ()', { ...call, over: window }],
    [
      'f() OVER (PARTITION BY a, b ORDER BY c)',
      { ...call, over: { ...window, partitionBy: [a, b], orderBy: [item(c)] } },
    ],
    [
      'f() FILTER (WHERE a) OVER (ROWS UNBOUNDED PRECEDING)',
      {
        ...call,
        filter: a,
        over: { ...window, frame: { unit: 'rows', start: { kind: 'unbounded-preceding' }, end: null } },
      },
    ],
    [
      'f() OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)',
      {
        ...call,
        over: {
          ...window,
          orderBy: [item(a)],
          frame: {
            unit: 'range',
            start: { kind: 'preceding', offset: number('1') },
            end: { kind: 'current-row' },
          },
        },
      },
    ],
    [
      'f() OVER (GROUPS BETWEEN (unbounded) FOLLOWING AND UNBOUNDED FOLLOWING)',
      {
        ...call,
        over: {
          ...window,
          frame: {
            unit: 'groups',
            start: { kind: 'following', offset: column('unbounded') },
            end: { kind: 'unbounded-following' },
          },
        },
      },
    ],
  ])('%s', (text, tree) => {
    expect(expressionOf(text)).toEqual(tree);
  });
});
