import { type Static, Type } from 'typebox';
import { AnswerSchema } from './answer-schema.ts';
import { statement } from './schemas.ts';

const closed = { additionalProperties: false };
const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const TimeOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

/** What is asked for as a job. */
export const JobRequestSchema = Type.Object(
  {
    ...statement,
    termMs: Type.Optional(
      Type.Number({ description: 'for how long the job goes on without being asked after, milliseconds' }),
    ),
  },
  {
    ...closed,
    title: 'JobRequest',
    examples: [{ sql: 'CREATE SAMPLE daily ON flights STRATIFIED BY (origin) CAP 1000', termMs: 60_000 }],
  },
);

const job = {
  id: Type.String(),
  owner: Type.String({ description: 'the client whose it is' }),
  sql: Type.String(),
  state: Type.Enum(['queued', 'running', 'done', 'failed', 'cancelled', 'lost']),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'why it ended as it did' }),
  progress: Type.Union([
    Type.Object(
      {
        phase: Type.Enum(['scan', 'sample', 'execute', 'exact']),
        fraction: Type.Union([Type.Number(), Type.Null()], { description: '0 to 1; null: not known' }),
        rows: Type.Number(),
      },
      closed,
    ),
    Type.Null(),
  ]),
  submitted: Type.String({ format: 'date-time' }),
  started: TimeOrNull,
  ended: TimeOrNull,
  lease: Type.Union(
    [
      Type.Object({ termMs: Type.Number(), expires: Type.String({ format: 'date-time' }) }, closed),
      Type.Null(),
    ],
    { description: 'until when it goes on if nobody asks after it; null: it has ended' },
  ),
  keptUntil: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'until when its answer is kept; null: it has not ended',
  }),
  attempts: Type.Number({ description: 'more than one where servers that ran it are gone' }),
  error: Type.Union([
    Type.Object(
      {
        code: Type.String(),
        message: Type.String(),
        span: Type.Union([Type.Object({ start: Type.Number(), end: Type.Number() }, closed), Type.Null()]),
        hint: TextOrNull,
      },
      closed,
    ),
    Type.Null(),
  ]),
};

/** A job without its answer. */
export const JobSchema = Type.Object(job, { ...closed, title: 'Job' });
export type JobJson = Static<typeof JobSchema>;

/** A job with the answer that there is. */
export const JobWithAnswerSchema = Type.Object(
  {
    ...job,
    answer: Type.Union([AnswerSchema, Type.Null()], {
      description: 'the final one, or the latest that there is',
    }),
  },
  { ...closed, title: 'JobWithAnswer' },
);

/** Jobs, the newest first. */
export const JobsSchema = Type.Object({ jobs: Type.Array(JobSchema) }, { ...closed, title: 'Jobs' });
