import { STATUS_CODES } from 'node:http';
import { type Static, type TSchema, Type } from 'typebox';
import { errorCodes } from '../index.ts';
import { JsonCellSchema } from './answer-schema.ts';
import { formatNames } from './answers/formats.ts';

/*
 * What goes in and out, as types and as JSON schemas at once: requests are checked by them, and the OpenAPI document is made of them.
 * Answers are not made by them: they go out in pieces.
 */

const closed = { additionalProperties: false };
const ParamSchema = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

/** The parts of a statement. */
export const statement = {
  sql: Type.String({ description: 'one statement' }),
  params: Type.Optional(
    Type.Union([Type.Array(ParamSchema), Type.Record(Type.String(), ParamSchema)], {
      description: 'values of the placeholders: an array for `?`, an object for `:name`',
    }),
  ),
};

/** A statement and the values of its placeholders, by position or by name. */
export const StatementSchema = Type.Object(statement, {
  ...closed,
  title: 'Statement',
  examples: [
    { sql: 'SELECT AVG(distance) AS miles FROM flights WHERE origin = ? ERROR WITHIN 10%', params: ['JFK'] },
  ],
});
export type StatementJson = Static<typeof StatementSchema>;

/** A query whose plan is asked for. */
export const ExplainSchema = Type.Object(
  {
    ...statement,
    analyze: Type.Optional(
      Type.Boolean({ description: 'run it too, and tell what was measured beside what was predicted' }),
    ),
  },
  {
    ...closed,
    title: 'Explain',
    examples: [{ sql: 'SELECT AVG(distance) FROM flights WHERE delay > 15 ERROR WITHIN 5%' }],
  },
);
export type ExplainJson = Static<typeof ExplainSchema>;

/** A plan: an object an item, `item` with `value`, or with `predicted` and `measured`. */
export const PlanSchema = Type.Object(
  { queryId: Type.String(), plan: Type.Array(Type.Record(Type.String(), JsonCellSchema)) },
  {
    ...closed,
    title: 'Plan',
    examples: [{ queryId: '45f12c35', plan: [{ item: 'route', value: 'sample' }] }],
  },
);

/** The form of an answer. */
export const FormSchema = Type.Object(
  {
    format: Type.Optional(
      Type.Enum(formatNames, {
        description: 'of the answer; left out: what the Accept header says, or json',
      }),
    ),
    formulas: Type.Optional(
      Type.Enum(['defuse', 'keep'], {
        description:
          "in CSV: whether a ' is put before text that a spreadsheet would take for a formula (the default), or it stays as it is",
      }),
    ),
  },
  closed,
);
export type FormJson = Static<typeof FormSchema>;

/** An error. @see RFC 9457 */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:ballpark:problem:` and the code, or `about:blank`' }),
    title: Type.String(),
    status: Type.Number(),
    detail: Type.String(),
    code: Type.Optional(
      Type.Enum([...Object.keys(errorCodes), 'ADMIN_ONLY'], { description: 'stable: match on it' }),
    ),
    span: Type.Optional(
      Type.Object(
        { start: Type.Number(), end: Type.Number() },
        { ...closed, description: 'half-open character range in the statement' },
      ),
    ),
    position: Type.Optional(
      Type.Object(
        { line: Type.Number(), column: Type.Number() },
        { ...closed, description: 'where the span begins, counted from 1' },
      ),
    ),
    hint: Type.Optional(Type.String()),
  },
  {
    title: 'Problem',
    examples: [
      {
        type: 'urn:ballpark:problem:UNKNOWN_TABLE',
        title: 'Unknown table',
        status: 404,
        detail: 'there is no table flihgts',
        code: 'UNKNOWN_TABLE',
        span: { start: 21, end: 28 },
        position: { line: 1, column: 22 },
        hint: 'did you mean flights?',
      },
    ],
  },
);

/** What a response has in an OpenAPI document, by status. */
export type Responses = Readonly<Record<number, object>>;

/** A response with a body. @param types by media type */
export function bodyOf(description: string, types: Readonly<Record<string, TSchema>>): object {
  const content = Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }]));
  return { description, content };
}

/** A response without a body. */
export function emptyOf(description: string): object {
  return { type: 'null', description };
}

const problemOf = (status: number): [number, object] => [
  status,
  bodyOf(STATUS_CODES[status] ?? 'The client is gone, or cancelled it', {
    'application/problem+json': ProblemSchema,
  }),
];

/** What becomes of requests that never come to anything: of strangers, of too many, and bugs. */
const everywhere = [400, 401, 403, 429, 500, 503];

/** The problems that a route answers with. @param own beside those of every route */
export function problems(...own: readonly number[]): Responses {
  return Object.fromEntries([...everywhere, ...own].map(problemOf));
}

/** The problems of routes that take a statement. */
export const statementProblems: Responses = problems(
  409,
  413,
  415,
  ...new Set(Object.values(errorCodes).map(({ httpStatus }) => httpStatus)),
);
