import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { isReservedWord, parseStatement, printStatement } from '../../src/parser/index.ts';
import type {
  Expression,
  FrameEnd,
  Join,
  QueryBody,
  SampleMethod,
  SelectItem,
  Statement,
  TableReference,
} from '../../src/parser/index.ts';
import { tokenize } from '../../src/parser/lexer.ts';
import { statement } from './arbitraries/statements.ts';
import { itemOf, parsed, queryOf, withoutPlaces } from './support.ts';

type Kind =
  | Statement['kind']
  | Expression['kind']
  | QueryBody['kind']
  | SelectItem['kind']
  | TableReference['kind']
  | SampleMethod['kind']
  | FrameEnd['kind']
  | NonNullable<Join['condition']>['kind'];

const expressionKinds: Record<Expression['kind'], true> = {
  null: true,
  boolean: true,
  number: true,
  string: true,
  temporal: true,
  interval: true,
  column: true,
  parameter: true,
  unary: true,
  binary: true,
  logical: true,
  between: true,
  'in-list': true,
  'in-query': true,
  like: true,
  is: true,
  'is-distinct': true,
  case: true,
  cast: true,
  extract: true,
  call: true,
  exists: true,
  'scalar-query': true,
};

/** Every kind of node; the compiler refuses a list that lacks one. */
const everyKind: Record<Kind, true> = {
  'select-statement': true,
  explain: true,
  'explain-samples': true,
  'create-table': true,
  'create-sample': true,
  'create-samples': true,
  'create-sample-list': true,
  'refresh-samples': true,
  drop: true,
  describe: true,
  show: true,
  query: true,
  select: true,
  'set-operation': true,
  item: true,
  star: true,
  table: true,
  derived: true,
  join: true,
  on: true,
  using: true,
  uniform: true,
  stratified: true,
  universe: true,
  'unbounded-preceding': true,
  'unbounded-following': true,
  'current-row': true,
  preceding: true,
  following: true,
  ...expressionKinds,
};

/** Choices within a kind. */
const everyChoice: readonly string[] = [
  ...['+', '-', '*', '/', '//', '%', '^', '||', '=', '<>', '<', '<=', '>', '>='].map(
    (sign) => `binary.operator=${sign}`,
  ),
  ...['-', '+', 'not'].map((operator) => `unary.operator=${operator}`),
  ...['and', 'or'].map((operator) => `logical.operator=${operator}`),
  ...['union', 'intersect', 'except'].map((operator) => `set-operation.operator=${operator}`),
  ...['inner', 'left', 'right', 'full', 'cross'].map((type) => `join.type=${type}`),
  ...['date', 'time', 'timestamp', 'timestamptz'].map((type) => `temporal.type=${type}`),
  ...['null', 'true', 'false'].map((test) => `is.test=${test}`),
  ...['tables', 'samples', 'queries', 'jobs', 'leases'].map((what) => `show.what=${what}`),
  ...['table', 'sample'].map((what) => `drop.what=${what}`),
  ...['between', 'in-list', 'in-query', 'like', 'is', 'is-distinct'].flatMap((kind) => [
    `${kind}.negated=true`,
    `${kind}.negated=false`,
  ]),
];

/** Notes the kinds in a tree, and the words and flags that their fields hold. */
function noteChoices(value: unknown, seen: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const kind = 'kind' in value ? String(value.kind) : '';
  seen.add(kind);
  for (const [field, part] of Object.entries(value)) {
    if (typeof part !== 'object') seen.add(`${kind}.${field}=${String(part)}`);
    noteChoices(part, seen);
  }
}

type Part = Expression | QueryBody | TableReference;

const partKinds: Record<Part['kind'], true> = {
  ...expressionKinds,
  query: true,
  select: true,
  'set-operation': true,
  table: true,
  derived: true,
  join: true,
};

/** Expressions, queries and tables anywhere in a tree. */
function* partsOf(value: unknown): Generator<Part> {
  if (typeof value !== 'object' || value === null) return;
  // The kind tells what the value is.
  if ('kind' in value && String(value.kind) in partKinds) yield value as Part;
  for (const part of Object.values(value)) yield* partsOf(part);
}

/** What the text of a part is by itself. */
function reparsed({ kind }: Part, text: string): Part | null {
  if (kind in expressionKinds) return itemOf(`SELECT ${text}`);
  if (kind === 'query') return queryOf(text);
  if (kind === 'select' || kind === 'set-operation') return queryOf(text).body;
  const { body } = queryOf(`SELECT * FROM ${text}`);
  return body.kind === 'select' ? body.from : null;
}

/** Without places; a text by itself numbers its parameters anew. */
function withoutIndexes(part: Part | null): unknown {
  return JSON.parse(JSON.stringify(withoutPlaces(part), (key, value) => (key === 'index' ? 0 : value)));
}

const separator = fc.constantFrom(' ', '\n', '\t ', " -- comment; '\n", ' /* ; " */', '\u00a0');

describe('parse and print', () => {
  test('parsing what was printed gives the tree again, for every kind of node', () => {
    const seen = new Set<string>();
    const property = fc.property(statement, (tree) => {
      expect(parsed(printStatement(tree))).toEqual(tree);
      noteChoices(tree, seen);
    });
    fc.assert(property, { numRuns: 1200 });
    const unseen = [...Object.keys(everyKind), ...everyChoice].filter((choice) => !seen.has(choice));
    expect(unseen).toEqual([]);
  });

  const separators = fc.array(separator, { minLength: 1, maxLength: 5 });
  test.prop([statement, separators], { numRuns: 300 })(
    'white space, comments and the case of keywords do not matter',
    (tree, separators) => {
      const images = tokenize(printStatement(tree)).map(({ image }) =>
        isReservedWord(image) && !/^(left|right)$/i.test(image) ? image.toLowerCase() : image,
      );
      const text = images.map((image, index) => image + separators[index % separators.length]!).join('');
      expect(parsed(`${separators[0]!}${text};`)).toEqual(tree);
    },
  );

  test.prop([statement], { numRuns: 100 })('the text that a node covers parses to the node', (tree) => {
    const sql = printStatement(tree);
    for (const part of partsOf(parseStatement(sql))) {
      const text = sql.slice(part.span.start, part.span.end);
      expect(withoutIndexes(reparsed(part, text)), text).toEqual(withoutIndexes(part));
    }
  });
});
