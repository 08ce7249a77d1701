import { type Static, Type } from 'typebox';

/*
 * What goes in and out, as types and as JSON schemas at once: requests are checked by them, and the OpenAPI document is made of them.
 */

const ParamSchema = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

/** A statement and the values of its placeholders, by position or by name. */
export const StatementSchema = Type.Object(
  {
    sql: Type.String({ description: 'one statement' }),
    params: Type.Optional(
      Type.Union([Type.Array(ParamSchema), Type.Record(Type.String(), ParamSchema)], {
        description: 'values of the placeholders: an array for `?`, an object for `:name`',
      }),
    ),
  },
  { additionalProperties: false },
);
export type StatementJson = Static<typeof StatementSchema>;
