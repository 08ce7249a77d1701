import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { errorCodes, linePositionOf, QueryError } from '../index.ts';
import { Overloaded } from './overloaded.ts';
import type { Statements } from './statements.ts';

/** An error as the endpoint sends it. @see RFC 9457, Problem Details for HTTP APIs */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The stable code of an error in a statement. */
  readonly code?: string;
  /** Half-open character range in the statement. */
  readonly span?: { readonly start: number; readonly end: number };
  /** Where the span starts, as people count: from 1. */
  readonly position?: { readonly line: number; readonly column: number };
  readonly hint?: string;
}

/** The problem of a request that never became a statement. */
export function httpProblem(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/** The problem of a bug: what it is, is not the client's to know. */
export const internalProblem = httpProblem(500, 'something went wrong inside the server');

/** The problem of a statement. @param sql the statement that the error's span points into; null: there is none */
export function queryProblem({ code, message, span, hint }: QueryError, sql: string | null): Problem {
  return {
    type: `urn:ballpark:problem:${code}`,
    title: titleOf(code),
    status: errorCodes[code].httpStatus,
    detail: message,
    code,
    ...(span === undefined || sql === null ? {} : { span, position: linePositionOf(sql, span.start) }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The same of one that may have been cancelled because the server ends. */
export function statementProblem(
  { isEnding }: Pick<Statements, 'isEnding'>,
  error: QueryError,
  sql: string,
): Problem {
  return error.code === 'CLOSED' || (error.code === 'CANCELLED' && isEnding)
    ? httpProblem(503, 'the server is shutting down')
    : queryProblem(error, sql);
}

/** Answers a request whose statement has failed. @throws what is neither a statement's error nor the load's */
export function sendFailure(
  reply: FastifyReply,
  statements: Pick<Statements, 'isEnding'>,
  error: unknown,
  sql: string,
): FastifyReply {
  if (error instanceof Overloaded) return sendOverloaded(reply, error);
  if (!(error instanceof QueryError)) throw error;
  return sendProblem(reply, statementProblem(statements, error, sql));
}

/** Tells a client to come again later. */
export function sendOverloaded(reply: FastifyReply, { retryAfter, message }: Overloaded): FastifyReply {
  return sendProblem(reply.header('retry-after', retryAfter), httpProblem(503, message));
}

/** `UNKNOWN_TABLE` in words: `Unknown table`. */
function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Answers a request with a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return sendJson(reply.code(problem.status), 'application/problem+json', problem);
}

/** Sends JSON. As bytes: to a text Fastify would add a charset, which JSON types do not have. */
export function sendJson(reply: FastifyReply, type: string, body: unknown): FastifyReply {
  return reply.type(type).send(Buffer.from(JSON.stringify(body)));
}
