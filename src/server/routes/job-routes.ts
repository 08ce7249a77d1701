import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Job } from '../../engine/control.ts';
import { QueryError } from '../../index.ts';
import type { App, Client, ServerContext } from '../app.ts';
import {
  type JobJson,
  JobRequestSchema,
  JobSchema,
  JobsSchema,
  JobWithAnswerSchema,
} from '../job-schemas.ts';
import { requireRole } from '../guard/index.ts';
import { httpProblem, queryProblem, sendJson, sendProblem } from '../problem.ts';
import { bodyOf, problems, statementProblems } from '../schemas.ts';

const tags = ['jobs'];
const params = Type.Object({ id: Type.String() });
const submitSchema = {
  summary: 'Run a statement, a sample build or a refresh as a job',
  tags,
  body: JobRequestSchema,
  response: {
    202: {
      ...bodyOf('It is taken on, and written down', { 'application/json': JobSchema }),
      headers: { location: { schema: { type: 'string' }, description: 'where to ask after it' } },
    },
    ...statementProblems,
  },
};
const listSchema = {
  summary: 'Your jobs, the newest first; this renews none',
  tags,
  response: { 200: bodyOf('The jobs', { 'application/json': JobsSchema }), ...problems() },
};
const pollSchema = {
  summary: 'Ask after a job: it tells of its progress and its answer, and goes on for another term',
  tags,
  params,
  response: { 200: bodyOf('The job', { 'application/json': JobWithAnswerSchema }), ...problems(404) },
};
const cancelSchema = {
  summary: 'Cancel a job; one that has ended stays as it is',
  tags,
  params,
  response: { 200: bodyOf('The job', { 'application/json': JobSchema }), ...problems(404) },
};

/** Adds `POST /v1/jobs`, `GET /v1/jobs`, and `GET` and `DELETE /v1/jobs/:id`. */
export function addJobRoutes(app: App, { control, jobs }: ServerContext): void {
  app.post('/v1/jobs', { schema: submitSchema }, async (request, reply) => {
    const { sql, params: values, termMs } = request.body;
    try {
      requireRole(request.client, control.foresee(sql, values === undefined ? {} : { params: values }));
      const job = await jobs.submit({ sql, params: values, termMs, owner: request.client.id });
      return sendJson(
        reply.code(202).header('location', `/v1/jobs/${job.id}`),
        'application/json',
        jsonOf(job),
      );
    } catch (error) {
      if (error instanceof QueryError) return sendProblem(reply, queryProblem(error, sql));
      throw error;
    }
  });
  app.get('/v1/jobs', { schema: listSchema }, (request, reply) =>
    sendJson(reply, 'application/json', { jobs: jobs.list(ownerOf(request.client)).map(jsonOf) }),
  );
  app.get('/v1/jobs/:id', { schema: pollSchema }, async ({ params: { id }, client, log }, reply) => {
    const job = await jobs.get(id, ownerOf(client));
    if (job === null) return unknown(reply, id);
    const body = Readable.from(withAnswer(job), { objectMode: false });
    body.once('error', (error) => log.error({ err: error }, 'the answer of a job could not be sent'));
    return reply.type('application/json').send(body);
  });
  app.delete('/v1/jobs/:id', { schema: cancelSchema }, async ({ params: { id }, client }, reply) => {
    const job = await jobs.cancel(id, ownerOf(client));
    return job === null ? unknown(reply, id) : sendJson(reply, 'application/json', jsonOf(job));
  });
}

/** Whose jobs a client may see; null: everybody's. */
const ownerOf = ({ id, role }: Client): string | null => (role === 'admin' ? null : id);

const unknown = (reply: FastifyReply, id: string): FastifyReply =>
  sendProblem(reply, httpProblem(404, `there is no job ${id}, or it was forgotten`));

const isoOf = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms));

/** The job as it is sent, but for its answer. */
function jsonOf(job: Job): JobJson {
  const { id, owner, sql, state, reason, progress, submittedMs, startedMs, endedMs, lease, keptUntilMs } =
    job;
  return {
    id,
    owner,
    sql,
    state,
    reason,
    progress,
    submitted: isoOf(submittedMs),
    started: isoOrNull(startedMs),
    ended: isoOrNull(endedMs),
    lease: lease === null ? null : { termMs: lease.termMs, expires: isoOf(lease.expiresMs) },
    keptUntil: isoOrNull(keptUntilMs),
    attempts: job.attempts,
    error: job.error,
  };
}

/** The text of a job and of its answer, which may be long. */
async function* withAnswer(job: Job): AsyncGenerator<string | Uint8Array, void, undefined> {
  const text = JSON.stringify(jsonOf(job));
  yield `${text.slice(0, -1)},"answer":`;
  if (job.answer === null) yield 'null';
  else yield* job.answer.pieces();
  yield '}';
}
