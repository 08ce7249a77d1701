import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryError } from '../../index.ts';
import type { App, ServerContext } from '../app.ts';
import { sendEvents, wantsEvents } from '../event-stream.ts';
import { requireRole } from '../guard/index.ts';
import {
  httpProblem,
  internalProblem,
  type Problem,
  queryProblem,
  sendJson,
  sendProblem,
} from '../problem.ts';
import { type StatementJson, StatementSchema } from '../schemas.ts';
import type { Asked } from '../statements.ts';

/** Adds `POST /v1/query`: a statement in; out come the answer or a problem, or ever narrower answers as events. */
export function addQueryRoute(app: App, context: ServerContext): void {
  app.post(
    '/v1/query',
    { schema: { body: StatementSchema, summary: 'Answer a statement', tags: ['statements'] } },
    (request, reply) => answer(context, request, request.body, reply),
  );
  app.delete<{ Params: { id: string } }>(
    '/v1/queries/:id',
    { schema: { summary: 'Cancel a statement that runs', tags: ['statements'] } },
    (request, reply) => {
      const { id } = request.params;
      return context.statements.cancel(id, request.client)
        ? reply.code(204).send()
        : sendProblem(reply, httpProblem(404, `no statement ${id} is under way`));
    },
  );
}

async function answer(
  { control, statements, metrics }: ServerContext,
  request: FastifyRequest,
  { sql, params }: StatementJson,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id: queryId, client, headers, log } = request;
  if (statements.has(queryId))
    return sendProblem(reply, httpProblem(409, `a statement ${queryId} is under way already`));
  const asked: Asked = { queryId, sql, params, client, signal: clientGone(reply) };
  const problemOf = (error: QueryError): Problem =>
    error.code === 'CANCELLED' && statements.isEnding
      ? httpProblem(503, 'the server is shutting down')
      : queryProblem(error, sql);
  try {
    requireRole(control, client, sql, params);
    if (wantsEvents(headers.accept)) {
      const problemInStream = (error: unknown): Problem => {
        if (error instanceof QueryError) return problemOf(error);
        log.error({ err: error }, 'something went wrong inside');
        return internalProblem;
      };
      return await sendEvents(reply, statements.refine(asked), problemInStream);
    }
    const result = await statements.answer(asked);
    metrics.countAnswer(result);
    return sendJson(reply, 'application/json', result);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return sendProblem(reply, problemOf(error));
  }
}

/** Aborted when the connection ends before the answer is sent: nobody waits for it any more. */
function clientGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
