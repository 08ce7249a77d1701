import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Engine, QueryError } from '../index.ts';
import { httpProblem, queryProblem, sendJson, sendProblem } from './problem.ts';

interface QueryBody {
  readonly sql: string;
  /** By position or by name. */
  readonly params?: readonly ParamJson[] | Readonly<Record<string, ParamJson>>;
}
type ParamJson = string | number | boolean | null;

const paramSchema = { type: ['string', 'number', 'boolean', 'null'] } as const;
const bodySchema = {
  type: 'object',
  required: ['sql'],
  additionalProperties: false,
  properties: {
    sql: { type: 'string' },
    params: {
      anyOf: [
        { type: 'array', items: paramSchema },
        { type: 'object', additionalProperties: paramSchema },
      ],
    },
  },
} as const;

/**
 * Adds `POST /v1/query`: a statement in, the answer or a problem out.
 * @param cancelling aborted when the server waits no longer for running statements
 */
export function addQueryRoute(app: FastifyInstance, engine: Engine, cancelling: AbortSignal): void {
  app.post<{ Body: QueryBody }>('/v1/query', { schema: { body: bodySchema } }, (request, reply) =>
    answer(engine, cancelling, request, reply),
  );
}

async function answer(
  engine: Engine,
  cancelling: AbortSignal,
  { body: { sql, params } }: FastifyRequest<{ Body: QueryBody }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const options = params === undefined ? {} : { params };
  try {
    const result = await engine.query(sql, {
      ...options,
      signal: AbortSignal.any([clientGone(reply), cancelling]),
    });
    return sendJson(reply, 'application/json', result);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const stopped = error.code === 'CANCELLED' && cancelling.aborted;
    return sendProblem(
      reply,
      stopped ? httpProblem(503, 'the server is shutting down') : queryProblem(error, sql),
    );
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
