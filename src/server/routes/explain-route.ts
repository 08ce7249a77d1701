import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryError, type QueryResult } from '../../index.ts';
import type { App, ServerContext } from '../app.ts';
import { whenClientGone } from '../client-gone.ts';
import { httpProblem, sendFailure, sendJson, sendProblem } from '../problem.ts';
import { bodyOf, type ExplainJson, ExplainSchema, PlanSchema, statementProblems } from '../schemas.ts';
import { serverClock } from '../server-clock.ts';
import { knockFirst } from './knock-first.ts';

/** Adds `POST /v1/explain`: a query in; out comes what EXPLAIN says of it. */
export function addExplainRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Tell how a query would be answered',
    tags: ['statements'],
    body: ExplainSchema,
    response: { 200: bodyOf('The plan', { 'application/json': PlanSchema }), ...statementProblems },
  };
  app.post('/v1/explain', { schema, onRequest: knockFirst(context) }, (request, reply) =>
    explain(context, request, request.body, reply),
  );
}

async function explain(
  { statements }: ServerContext,
  { id: queryId, client }: FastifyRequest,
  { sql, params, analyze = false }: ExplainJson,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (statements.has(queryId))
    return sendProblem(reply, httpProblem(409, `a statement ${queryId} is under way already`));
  const prefix = analyze ? 'EXPLAIN ANALYZE ' : 'EXPLAIN ';
  const arrivedMs = serverClock.nowMs();
  const whenGone = (leave: () => void): void => whenClientGone(reply, leave);
  const question = { queryId, sql: prefix + sql, params, client, arrivedMs, whenGone };
  try {
    await statements.answer(question, (result) => sendPlan(reply, result));
    return reply;
  } catch (error) {
    const own = error instanceof QueryError ? withoutPrefix(error, prefix.length) : error;
    return sendFailure(reply, statements, own, sql);
  }
}

/** Sends the rows of EXPLAIN as objects. */
async function sendPlan(reply: FastifyReply, result: QueryResult): Promise<boolean> {
  const { queryId, columns, rows } = result.toJSON();
  const plan = rows.map((row) => Object.fromEntries(row.map((cell, place) => [columns[place]?.name, cell])));
  void sendJson(reply, 'application/json', { queryId, plan });
  return true;
}

/** The error with its place in the text as the client sent it. */
function withoutPrefix(error: QueryError, length: number): QueryError {
  const { code, message, span, hint, cause } = error;
  if (span === undefined) return error;
  const start = Math.max(0, span.start - length);
  return new QueryError(code, message, {
    hint,
    cause,
    span: { start, end: Math.max(start, span.end - length) },
  });
}
