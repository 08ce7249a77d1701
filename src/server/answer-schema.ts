import { Type } from 'typebox';

/*
 * Answers as JSON. The compiler holds these against the types of the contract (test/server/schemas.test.ts).
 */

const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
const BooleanOrNull = Type.Union([Type.Boolean(), Type.Null()]);
const closed = { additionalProperties: false };

const EstimateSchema = Type.Object(
  {
    value: NumberOrNull,
    low: NumberOrNull,
    high: NumberOrNull,
    stdError: NumberOrNull,
    relativeError: NumberOrNull,
    confidence: Type.Number({ description: 'of the interval from low to high' }),
    exact: Type.Boolean({ description: 'no sampling error at all' }),
    certified: Type.Boolean({ description: 'the interval is known to hold as often as its confidence says' }),
    reasons: Type.Array(
      Type.Enum([
        'LOW_SUPPORT',
        'NO_MATCH',
        'ZERO_VARIANCE',
        'SINGLETON_STRATUM',
        'UNREAD_STRATUM',
        'HEAVY_TAIL',
        'UNKNOWN_TAIL',
        'SKEWED_RATIO',
        'NOT_CERTIFIABLE',
        'EXTREME_QUANTILE',
        'NOT_SMOOTH',
        'OUT_OF_TIME',
        'LOST_ROWS',
      ]),
      { description: 'why it is not certified' },
    ),
    support: Type.Number({ description: 'rows of the sample, or keys, that matched' }),
  },
  {
    ...closed,
    title: 'Estimate',
    description: 'a number with its interval; ends that are null are unbounded',
  },
);

/** A cell: a plain value, or an estimate. */
export const JsonCellSchema = Type.Union(
  [Type.String(), Type.Number(), Type.Boolean(), Type.Null(), EstimateSchema],
  {
    title: 'Cell',
    description:
      'integers beyond 2^53, NaN, infinities and DECIMALs that no number holds are text, dates and times ISO text',
  },
);

const ColumnSchema = Type.Object(
  {
    name: Type.String(),
    role: Type.Enum(['group', 'estimate', 'exact', 'value']),
    type: Type.String({ description: 'SQL type' }),
  },
  { ...closed, title: 'Column' },
);

const RowMarkSchema = Type.Object(
  { havingCertain: BooleanOrNull, rankCertain: BooleanOrNull },
  { ...closed, title: 'RowMark', description: 'how sure it is that the row belongs here' },
);

const ErrorAndTime = Type.Object({ maxRelativeError: NumberOrNull, elapsedMs: Type.Number() }, closed);

const RequestedSchema = Type.Object(
  {
    error: Type.Optional(
      Type.Object({ bound: Type.Number(), relative: Type.Boolean(), confidence: Type.Number() }, closed),
    ),
    withinMs: Type.Optional(Type.Number()),
  },
  { ...closed, description: 'what the statement asked for' },
);

const SampleReadSchema = Type.Object(
  {
    name: Type.String(),
    version: Type.Number(),
    rowsRead: Type.Number(),
    rowsInSample: Type.Number(),
    populationRows: Type.Number(),
  },
  closed,
);

const IntervalsSchema = Type.Object(
  {
    kind: Type.Enum(['pointwise', 'simultaneous']),
    confidence: Type.Number(),
    count: Type.Number({ description: 'before HAVING and LIMIT' }),
  },
  closed,
);

const TimingsSchema = Type.Object(
  {
    parseMs: Type.Number(),
    planMs: Type.Number(),
    executeMs: Type.Number(),
    estimateMs: Type.Number(),
    totalMs: Type.Number(),
  },
  closed,
);

const SummarySchema = Type.Object(
  {
    mode: Type.Enum(['approximate', 'exact', 'precomputed']),
    requested: RequestedSchema,
    achieved: ErrorAndTime,
    predicted: Type.Union([ErrorAndTime, Type.Null()]),
    met: Type.Boolean({ description: 'false: a bound that was asked for was not reached; notes say why' }),
    degraded: Type.Union([
      Type.Object({ rowsShare: Type.Number() }, { ...closed, description: 'load cut the reading short' }),
      Type.Null(),
    ]),
    sample: Type.Union([SampleReadSchema, Type.Null()]),
    reason: Type.String(),
    tasks: Type.Object(
      { planned: Type.Number(), completed: Type.Number(), discarded: Type.Number() },
      closed,
    ),
    intervals: Type.Union([IntervalsSchema, Type.Null()]),
    choice: Type.Union([
      Type.Object({ droppedUncertain: NumberOrNull, coversMissingGroups: BooleanOrNull }, closed),
      Type.Null(),
    ]),
    missingGroupRowsMax: Type.Number(),
    missingRowsMax: Type.Number(),
    stale: Type.Union([Type.Object({ rowsAddedSinceSample: Type.Number() }, closed), Type.Null()]),
    timings: TimingsSchema,
    notes: Type.Array(Type.String()),
  },
  { ...closed, title: 'Summary', description: 'how the answer was found, and what was reached' },
);

/** An answer, as `toJSON()` has it. */
export const AnswerSchema = Type.Object(
  {
    queryId: Type.String(),
    final: Type.Boolean({ description: 'false: an interim answer' }),
    columns: Type.Array(ColumnSchema),
    rowCount: Type.Number({ description: 'rows that the answer has' }),
    truncated: Type.Boolean({ description: 'only the first of them were sent' }),
    rows: Type.Array(Type.Array(JsonCellSchema)),
    marks: Type.Union([Type.Array(RowMarkSchema), Type.Null()], { description: 'one a row' }),
    answer: SummarySchema,
  },
  { ...closed, title: 'Answer' },
);
