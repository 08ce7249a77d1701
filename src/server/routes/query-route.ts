import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Engine, QueryError } from '../index.ts';
import { sendEvents, wantsEvents } from './event-stream.ts';
import {
  errorText,
  httpProblem,
  internalProblem,
  type Problem,
  queryProblem,
  sendJson,
  sendProblem,
} from './problem.ts';

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

/** What answers statements, and those around it. */
export interface QueryService {
  readonly engine: Engine;
  /** Aborted when the server waits no longer for running statements. */
  readonly cancelling: AbortSignal;
  /** Is told of bugs that come while answers are being sent. */
  readonly report: (text: string) => void;
}

/** Adds `POST /v1/query`: a statement in; out come the answer or a problem, or ever narrower answers as events. */
export function addQueryRoute(app: FastifyInstance, service: QueryService): void {
  app.post<{ Body: QueryBody }>('/v1/query', { schema: { body: bodySchema } }, (request, reply) =>
    answer(service, request, reply),
  );
}

async function answer(
  { engine, cancelling, report }: QueryService,
  { body: { sql, params }, headers }: FastifyRequest<{ Body: QueryBody }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = AbortSignal.any([clientGone(reply), cancelling]);
  const options = params === undefined ? { signal } : { signal, params };
  const problemOf = (error: QueryError): Problem =>
    error.code === 'CANCELLED' && cancelling.aborted
      ? httpProblem(503, 'the server is shutting down')
      : queryProblem(error, sql);
  const problemInStream = (error: unknown): Problem => {
    if (error instanceof QueryError) return problemOf(error);
    report(errorText(error));
    return internalProblem;
  };
  try {
    return wantsEvents(headers.accept)
      ? await sendEvents(reply, { engine, sql, options, problemOf: problemInStream })
      : sendJson(reply, 'application/json', await engine.query(sql, options));
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
