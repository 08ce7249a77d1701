import type { FastifyReply, FastifyRequest } from 'fastify';

const preflight = {
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'authorization, content-type, x-query-id, traceparent',
  'access-control-max-age': '600',
} as const;

/**
 * Lets a page of an allowed site read the answer.
 * @returns true for a browser's question beforehand, which brings no token: it is answered by headers alone
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function allowOrigin(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  allowedOrigins: readonly string[],
): boolean {
  if (allowedOrigins.length > 0) void reply.header('vary', 'origin');
  if (headers.origin === undefined || !allowedOrigins.includes(headers.origin)) return false;
  void reply.headers({
    'access-control-allow-origin': headers.origin,
    'access-control-expose-headers': 'x-query-id, retry-after',
  });
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  if (isPreflight) void reply.headers(preflight);
  return isPreflight;
}
