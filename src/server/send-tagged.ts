import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from './problem.ts';

/** Sends JSON with a tag of its content; who has it already is told so. @see RFC 9110, section 13.1.2 */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, body: unknown): FastifyReply {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22);
  // Weak: compressed it has other bytes.
  void reply.headers({ etag: `W/"${digest}"`, 'cache-control': 'no-cache' });
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  const isKnown = known.some((tag) => tag === '*' || tag.replace(/^W\//, '') === `"${digest}"`);
  return isKnown ? reply.code(304).send() : sendJson(reply, 'application/json', body);
}
