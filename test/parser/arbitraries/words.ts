import * as fc from 'fast-check';
import type { Identifier, NumberWithSpan } from '../../../src/parser/index.ts';
import { keywordSpellings } from '../../../src/parser/keywords.ts';
import { nowhere } from '../support.ts';

/* Names, texts and numbers that try the printer: keywords in every case, quotes, comments, odd characters. */

const ordinaryNames = ['a', 'b', 'x1', 't', 'os', 'session_time', 'Été', '日本', 'a$b', '_', 'unbounded'];
const oddNames = [
  'two words',
  'say "hi"',
  "it's",
  '1st',
  'a.b',
  '--',
  '/*',
  ';',
  '?',
  ':p',
  '__proto__',
  'constructor',
];

const nameText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ordinaryNames) },
  { weight: 2, arbitrary: fc.constantFrom(...keywordSpellings) },
  { weight: 1, arbitrary: fc.constantFrom(...keywordSpellings).map((word) => word.toLowerCase()) },
  { weight: 1, arbitrary: fc.constantFrom(...oddNames) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }) },
);

/** The parser takes no NUL, and no empty name. */
const withoutNul = (text: string): boolean => !text.includes('\0');

/** A name of any kind. */
export const identifier: fc.Arbitrary<Identifier> = nameText
  .filter(withoutNul)
  .map((name) => ({ name, span: nowhere }));

/** Names, at least one. */
export const identifiers = fc.array(identifier, { minLength: 1, maxLength: 3 });

/** Names, or none. */
export const optionalIdentifiers = fc.array(identifier, { maxLength: 2 });

/** The text of a string. */
export const stringText: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom('', "'", "''", 'a', "it's", '%_\\', '--', '/* */', ';', '"', 'line\nbreak'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  .filter(withoutNul);

/** The text of a number, as the parser keeps it. */
export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom('1.', '.5', '1e3', '1E+3', '1.5e-3', '.5e1', '1.e2', '00', '12345678901234567890'),
  fc.double({ min: 0, noDefaultInfinity: true, noNaN: true }).map((value) => String(Math.abs(value))),
);

/** A number of a clause. */
export const amount: fc.Arbitrary<NumberWithSpan> = fc
  .oneof(
    fc.nat(),
    fc.constantFrom(0.5, 99.9, 1e-7, 1e21, Number.MAX_VALUE, Number.MIN_VALUE),
    fc.double({ min: 0, noDefaultInfinity: true, noNaN: true }),
  )
  .map((value) => ({ value: Math.abs(value), span: nowhere }));
