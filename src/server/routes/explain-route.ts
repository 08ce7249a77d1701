import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryError } from '../../index.ts';
import type { App, ServerContext } from '../app.ts';
import { clientGone } from '../client-gone.ts';
import { httpProblem, sendJson, sendProblem, statementProblem } from '../problem.ts';
import { bodyOf, type ExplainJson, ExplainSchema, PlanSchema, statementProblems } from '../schemas.ts';

/** Adds `POST /v1/explain`: a query in; out comes what EXPLAIN says of it. */
export function addExplainRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Tell how a query would be answered',
    tags: ['statements'],
    body: ExplainSchema,
    response: { 200: bodyOf('The plan', { 'application/json': PlanSchema }), ...statementProblems },
  };
  app.post('/v1/explain', { schema }, (request, reply) => explain(context, request, request.body, reply));
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
  try {
    const asked = { queryId, sql: prefix + sql, params, client, signal: clientGone(reply) };
    const result = await statements.answer(asked);
    const names = result.columns.map(({ name }) => name);
    const plan = result
      .toJSON()
      .rows.map((row) => Object.fromEntries(row.map((cell, place) => [names[place], cell])));
    return sendJson(reply, 'application/json', { queryId, plan });
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return sendProblem(reply, statementProblem(statements, withoutPrefix(error, prefix.length), sql));
  }
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
