import * as fc from 'fast-check';
import type {
  Bounds,
  SampledClause,
  SampleMethod,
  SampleSize,
  SelectStatement,
  Statement,
} from '../../../src/parser/index.ts';
import { nowhere } from '../support.ts';
import { node } from './expressions.ts';
import { query } from './queries.ts';
import { amount, identifier, identifiers, optionalIdentifiers, stringText } from './words.ts';

const span = fc.constant(nowhere);

const bounds: fc.Arbitrary<Bounds> = fc.record({
  error: fc.option(fc.record({ amount, relative: fc.boolean(), span })),
  confidence: fc.option(amount),
  deadline: fc.option(
    fc.record({
      amount,
      unit: fc.constantFrom('milliseconds' as const, 'seconds' as const, 'minutes' as const),
      span,
    }),
  ),
  onMiss: fc.option(
    fc.record({ policy: fc.constantFrom('exact' as const, 'best-effort' as const, 'fail' as const), span }),
  ),
  simultaneous: fc.boolean(),
});

const selectStatement: fc.Arbitrary<SelectStatement> = node('select-statement', {
  exact: fc.boolean(),
  query,
  bounds,
});

const sampled: fc.Arbitrary<SampledClause> = fc.record({
  stratifiedBy: optionalIdentifiers,
  source: fc.constantFrom('population' as const, 'weight' as const),
  column: identifier,
  span,
});
const size: fc.Arbitrary<SampleSize> = fc.record({
  unit: fc.constantFrom('rows' as const, 'percent' as const),
  amount,
});
const method: fc.Arbitrary<SampleMethod> = fc.oneof(
  node('uniform', { size }),
  node('stratified', { columns: identifiers, cap: amount }),
  node('universe', { columns: identifiers, percent: amount }),
);

const createSamples = node('create-samples', {
  table: identifier,
  budget: size,
  columnSets: fc.array(identifiers, { maxLength: 3 }),
});

const command: fc.Arbitrary<Statement> = fc.oneof(
  node('create-table', {
    name: identifier,
    ifNotExists: fc.boolean(),
    source: fc.record({ value: stringText, span }),
    sampled: fc.option(sampled),
  }),
  node('create-sample', {
    name: fc.option(identifier),
    ifNotExists: fc.boolean(),
    table: identifier,
    method,
    outliersOf: optionalIdentifiers,
    seed: fc.option(amount),
  }),
  createSamples,
  node('create-sample-list', {
    ifNotExists: fc.boolean(),
    table: identifier,
    samples: fc.array(
      fc.record({ name: fc.option(identifier), method, outliersOf: optionalIdentifiers, span }),
      { minLength: 1, maxLength: 3 },
    ),
    seed: fc.option(amount),
  }),
  node('explain-samples', { statement: createSamples }),
  node('refresh-samples', { table: identifier }),
  node('drop', {
    what: fc.constantFrom('table' as const, 'sample' as const),
    name: identifier,
    ifExists: fc.boolean(),
  }),
  node('describe', { table: identifier }),
  node('show', {
    what: fc.constantFrom(
      'tables' as const,
      'samples' as const,
      'queries' as const,
      'jobs' as const,
      'leases' as const,
    ),
  }),
);

/** Statements of every kind, most of them queries, as the parser would make them but for the places. */
export const statement: fc.Arbitrary<Statement> = fc
  .oneof(
    { weight: 6, arbitrary: selectStatement },
    { weight: 1, arbitrary: node('explain', { analyze: fc.boolean(), statement: selectStatement }) },
    { weight: 2, arbitrary: command },
  )
  .map(numberParameters);

/** Gives the `?` their indexes in the order of the text, which is that of the fields. */
function numberParameters(statement: Statement): Statement {
  let count = 0;
  const numbered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(numbered);
    if (typeof value !== 'object' || value === null) return value;
    if ('kind' in value && value.kind === 'parameter' && 'name' in value && value.name === null) {
      return { ...value, index: count++ };
    }
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, numbered(part)]));
  };
  // Only the indexes change.
  return numbered(statement) as Statement;
}
