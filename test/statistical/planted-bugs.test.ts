import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { brokenPromises } from './harness/checks.ts';

/*
 * A statistical test is worth what it catches. Each bug is planted in a copy of the source, of which the same promises are asked.
 */

const root = join(import.meta.dirname, '../..');
const copies = join(root, '.planted');
afterAll(() => rmSync(copies, { recursive: true, force: true }));

interface Bug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What it breaks, at least. */
  readonly breaks: RegExp;
}

const bugs: readonly Bug[] = [
  {
    name: 'no finite population correction',
    file: 'src/estimator/design-error.ts',
    from: 'population * (population - read) * spread',
    to: 'population * population * spread',
    breaks: /most of the population drawn/,
  },
  {
    name: 'n for n − 1',
    file: 'src/estimator/design-error.ts',
    from: 'deviations / (read - 1)',
    to: 'deviations / read',
    breaks: /two rows of each stratum/,
  },
  {
    name: 'z for t',
    file: 'src/estimator/interval-ends.ts',
    from: 'this.t[place] = df;',
    to: 'this.t[place] = 1e9;',
    breaks: /a handful of rows/,
  },
  {
    name: 'weights not squared',
    file: 'src/estimator/design-error.ts',
    from: 'population * (population - read) * spread',
    to: '(population - read) * spread',
    breaks: /unequal weights/,
  },
  {
    name: 'raw support for effective support',
    file: 'src/estimator/tails.ts',
    from: 'matches.effectiveSupport = effectiveSupport;',
    to: 'matches.effectiveSupport = table.support.subarray(from, to).reduce((a, b) => a + b, 0);',
    breaks: /many rows of small weight/,
  },
  {
    name: 'third moments of the sample only',
    file: 'src/estimator/tails.ts',
    from: 'tailByMoments(moments, prepared, gradient, list, variance, squares / rows, expected)',
    to: 'Object.assign(expected, { skewness: Math.abs(third) / variance ** 1.5, squares })',
    breaks: /a tail that draws miss/,
  },
  {
    name: 'parts merged at the larger K',
    file: 'src/sampler/merge-rule.ts',
    from: 'Math.min(caps[stratum]!, rows)',
    to: 'Math.max(caps[stratum]!, rows)',
    breaks: /parts of unequal caps/,
  },
];

test('the source as it is keeps every promise', () => {
  expect(brokenPromises()).toEqual([]);
});

describe('a planted bug is caught', () => {
  test.each(bugs)('$name', async ({ name, file, from, to, breaks }) => {
    const copy = join(copies, name.replaceAll(/\W+/g, '-'));
    mkdirSync(copy, { recursive: true });
    for (const part of ['src', 'test/support', 'test/statistical/harness', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    const source = readFileSync(join(copy, file), 'utf8');
    expect(source.split(from)).toHaveLength(2);
    writeFileSync(join(copy, file), source.replace(from, to));
    const planted = (await import(join(copy, 'test/statistical/harness/checks.ts'))) as {
      brokenPromises: typeof brokenPromises;
    }; // a copy of the module above
    expect(planted.brokenPromises().join('\n')).toMatch(breaks);
  });
});
