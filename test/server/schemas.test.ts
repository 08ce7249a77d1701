import type { Static } from 'typebox';
import { expectTypeOf, test } from 'vitest';
import type { SampleInfo, TableInfo, TableSummary } from '../../src/engine/control.ts';
import type { QueryResultJson } from '../../src/index.ts';
import type { AnswerSchema } from '../../src/server/answer-schema.ts';
import type { SampleSchema, TableSchema, TableSummarySchema } from '../../src/server/catalog-schemas.ts';
import type { Problem } from '../../src/server/problem.ts';
import type { ProblemSchema } from '../../src/server/schemas.ts';

/** The type with everything readonly, which schemas do not say. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The compiler holds them against each other: `npm run check:types` fails where they part. */
test('schemas say what the types say', () => {
  expectTypeOf<Frozen<Static<typeof AnswerSchema>>>().toEqualTypeOf<Frozen<QueryResultJson>>();
  expectTypeOf<Frozen<Static<typeof TableSummarySchema>>>().toEqualTypeOf<Frozen<TableSummary>>();
  expectTypeOf<Frozen<Static<typeof TableSchema>>>().toEqualTypeOf<Frozen<TableInfo>>();
  expectTypeOf<Frozen<Static<typeof SampleSchema>>>().toEqualTypeOf<Frozen<SampleInfo>>();
  expectTypeOf<Frozen<Static<typeof ProblemSchema>>>().toEqualTypeOf<Frozen<Problem>>();
});
