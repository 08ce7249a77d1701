import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { Engine } from '../index.ts';
import { isLoopback, refusalOf } from './loopback.ts';
import { errorText, httpProblem, internalProblem, sendProblem } from './problem.ts';
import { addQueryRoute } from './query-route.ts';

/** The largest body, bytes: statements end at 64 KiB, the rest is for parameters. */
const bodyBytesMax = 256 * 1024;
/** Time to send a request in, milliseconds. */
const receiveMs = 30_000;
/** Time that a connection may be silent, milliseconds. It ends the longest statement too, unless its answers are sent as events. */
const silenceMs = 10 * 60_000;
const keepAliveMs = 10_000;
/** Time that running statements have to finish when the server closes, milliseconds. */
const graceMs = 5000;

/** Methods of each path, for the answer to any other. */
const methodsByPath: ReadonlyMap<string, string> = new Map([
  ['/livez', 'GET, HEAD'],
  ['/v1/query', 'POST'],
]);

export interface ServerOptions {
  readonly engine: Engine;
  /** A loopback address or `localhost`. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Receives what went wrong inside, one text an error. Default: standard error. */
  readonly log?: (text: string) => void;
}

export interface RunningServer {
  /** For example `http://127.0.0.1:8765`. */
  readonly address: string;
  /** Accepts nothing more, lets running statements end for a few seconds, cancels those that do not. The engine stays open. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP endpoint.
 * @throws RangeError where the host is not a loopback one; the system's error (`EADDRINUSE`, `EACCES`) where it cannot listen
 */
export async function startServer({ engine, host, port, log }: ServerOptions): Promise<RunningServer> {
  if (!isLoopback(host)) throw new RangeError(`${host} is not a loopback address`);
  const report = log ?? ((text: string): void => console.error(text));
  /** No new requests are wanted, and then: no running ones either. */
  const [closing, cancelling] = [new AbortController(), new AbortController()];
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: receiveMs,
    connectionTimeout: silenceMs,
    keepAliveTimeout: keepAliveMs,
    // A wrong type in a body is the client's mistake: it is neither converted nor dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
    frameworkErrors: (error, _request, reply) => void sendError(error, reply, report),
  });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', checkRequest);
  // A connection that is kept alive would keep the server from closing.
  app.addHook('onSend', async (_request, reply) => {
    if (closing.signal.aborted) void reply.header('connection', 'close');
  });
  app.setNotFoundHandler((request, reply) => refuseRoute(request, reply));
  app.setErrorHandler<FastifyError>((error, _request, reply) => sendError(error, reply, report));
  app.get('/livez', () => ({ status: 'ok' }));
  addQueryRoute(app, { engine, cancelling: cancelling.signal, report });
  const address = await app.listen({ host, port });
  const close = async (): Promise<void> => {
    closing.abort();
    await closeWithin(graceMs, app, cancelling);
  };
  return { address, close };
}

/** Waits for what runs, and cancels it when it takes too long. */
async function closeWithin(ms: number, app: FastifyInstance, cancelling: AbortController): Promise<void> {
  const patience = setTimeout(() => cancelling.abort(), ms);
  try {
    await app.close();
  } finally {
    clearTimeout(patience);
  }
}

async function checkRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  const refusal = refusalOf(request.headers.host, request.headers.origin);
  if (refusal !== null) return sendProblem(reply, httpProblem(403, refusal));
  // Before a body is read: a wrong method is told as such, whatever its body.
  return request.is404 ? refuseRoute(request, reply) : undefined;
}

function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?');
  const allowed = methodsByPath.get(path);
  if (allowed === undefined) return sendProblem(reply, httpProblem(404, `there is nothing at ${path}`));
  return sendProblem(reply.header('allow', allowed), httpProblem(405, `${path} takes ${allowed}`));
}

/** What the framework refused is the client's to know; anything else is a bug, told to the log alone. */
function sendError(error: FastifyError, reply: FastifyReply, report: (text: string) => void): FastifyReply {
  const { statusCode = 500 } = error;
  if (statusCode < 500) return sendProblem(reply, httpProblem(statusCode, error.message));
  report(errorText(error));
  return sendProblem(reply, internalProblem);
}
