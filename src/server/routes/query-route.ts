import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { QueryError } from '../../index.ts';
import type { App, ServerContext } from '../app.ts';
import { AnswerSchema } from '../answer-schema.ts';
import { chooseFormat, formatNames } from '../answers/formats.ts';
import { sendAnswer } from '../answers/send-answer.ts';
import { sendEvents } from '../event-stream.ts';
import { whenClientGone } from '../client-gone.ts';
import {
  httpProblem,
  internalProblem,
  type Problem,
  sendFailure,
  sendProblem,
  statementProblem,
} from '../problem.ts';
import {
  bodyOf,
  emptyOf,
  type FormJson,
  FormSchema,
  problems,
  type StatementJson,
  StatementSchema,
  statementProblems,
} from '../schemas.ts';
import { serverClock } from '../server-clock.ts';
import type { Question } from '../statements.ts';
import { knockFirst } from './knock-first.ts';

const text = Type.String();
const querySchema = {
  summary: 'Answer a statement',
  tags: ['statements'],
  body: StatementSchema,
  querystring: FormSchema,
  response: {
    200: {
      ...bodyOf('The answer', {
        'application/json': AnswerSchema,
        'application/x-ndjson': text,
        'text/csv': text,
        'application/vnd.apache.arrow.stream': text,
        'text/event-stream': text,
      }),
      headers: {
        'x-query-id': { schema: text, description: 'the one given, or made' },
        'x-ballpark-mode': { schema: text, description: 'approximate, exact or precomputed' },
        'x-ballpark-met': { schema: text, description: 'false: a bound that was asked for was not reached' },
        'x-ballpark-rows': { schema: text, description: 'rows that the answer has' },
        'x-ballpark-truncated': { schema: text, description: 'true: only the first of them are sent' },
      },
    },
    ...problems(406),
    ...statementProblems,
  },
};

const cancelSchema = {
  summary: 'Cancel a statement that runs',
  tags: ['statements'],
  params: Type.Object({ id: Type.String() }),
  response: { 204: emptyOf('It is cancelled'), ...problems(404) },
};

/** Adds `POST /v1/query` (a statement in; out come the answer or a problem, or ever narrower answers as events) and its cancelling. */
export function addQueryRoute(app: App, context: ServerContext): void {
  app.post('/v1/query', { schema: querySchema, onRequest: knockFirst(context) }, (request, reply) =>
    answer(context, request, request.body, request.query, reply),
  );
  app.delete('/v1/queries/:id', { schema: cancelSchema }, (request, reply) => {
    const { id } = request.params;
    return context.statements.cancel(id, request.client)
      ? reply.code(204).send()
      : sendProblem(reply, httpProblem(404, `no statement ${id} is under way`));
  });
}

async function answer(
  context: ServerContext,
  request: FastifyRequest,
  { sql, params }: StatementJson,
  { format: named, formulas = 'defuse' }: FormJson,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { statements } = context;
  const { id: queryId, client, headers, log } = request;
  const format = named ?? chooseFormat(headers.accept);
  if (format === null)
    return sendProblem(
      reply,
      httpProblem(406, `answers come as ${formatNames.join(', ')}: see Accept, or ?format=`),
    );
  if (statements.has(queryId))
    return sendProblem(reply, httpProblem(409, `a statement ${queryId} is under way already`));
  const question: Question = {
    queryId,
    sql,
    params,
    client,
    arrivedMs: serverClock.nowMs(),
    whenGone: (leave) => whenClientGone(reply, leave),
  };
  try {
    if (format === 'events') {
      const problemOf = (error: unknown): Problem => {
        if (error instanceof QueryError) return statementProblem(statements, error, sql);
        log.error({ err: error }, 'something went wrong inside');
        return internalProblem;
      };
      await statements.refine(question, (answers) => sendEvents(context, reply, answers, problemOf));
    } else
      await statements.answer(question, (result) => sendAnswer(context, reply, result, { format, formulas }));
    return reply;
  } catch (error) {
    return sendFailure(reply, statements, error, sql);
  }
}
