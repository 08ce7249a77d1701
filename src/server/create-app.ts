import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { constants } from 'node:zlib';
import compress, { type FastifyCompressOptions } from '@fastify/compress';
import { type FastifyError, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import type { App, ServerContext } from './app.ts';
import { describeRefusal } from './describe-refusal.ts';
import { addOpenapi } from './openapi.ts';
import { addGuard, Connections, createHttpServer, HttpRefusal } from './guard/index.ts';
import { httpProblem, internalProblem, sendProblem } from './problem.ts';
import { addCatalogRoutes } from './routes/catalog-routes.ts';
import { addExplainRoute } from './routes/explain-route.ts';
import { addHealthRoutes } from './routes/health-routes.ts';
import { addJobRoutes } from './routes/job-routes.ts';
import { addQueryRoute } from './routes/query-route.ts';

/** Takes the lines of the log, JSON objects. */
export interface LogStream {
  write(line: string): void;
}

const idPattern = /^[\w.:-]{1,128}$/;

/** Time that answers have to be sent when statements were cancelled because the server closes, milliseconds. */
const lastAnswersMs = 1000;

/** Puts the application together: what every request passes, and the routes. */
export async function createApp(context: ServerContext, log: LogStream): Promise<App> {
  const { limits, logLevel } = context.settings;
  const connections = new Connections(limits);
  const app: App = fastify({
    bodyLimit: limits.bodyBytesMax,
    serverFactory: (handler) => createHttpServer(limits, connections, handler),
    logger: { level: logLevel, stream: log, base: null },
    // Requests are logged by a hook, with what is known at their end.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'queryId' }),
    genReqId: ({ headers }: IncomingMessage) => givenId(headers['x-query-id']) ?? randomUUID(),
    // A wrong type in a body is the client's mistake: it is neither converted nor dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
    schemaErrorFormatter: describeRefusal,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
  app.addHook('preClose', async () => {
    connections.endIdle();
    // Whoever does not read an answer, or does not send a request to its end, is not waited for.
    setTimeout(() => connections.endAll(), limits.graceMs + lastAnswersMs).unref();
  });
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('client');
  app.addHook('onRequest', (request, reply) => addHeaders(request, reply));
  app.addHook('onResponse', async (request, reply) => logRequest(context, request, reply));
  await addGuard(app, context.settings);
  app.addHook('onRequest', (request, reply) => checkRequest(app, request, reply));
  app.setNotFoundHandler((request, reply) => refuseRoute(app, request, reply));
  app.setErrorHandler<FastifyError>((error, request, reply) => sendError(error, request, reply));
  await app.register(compress, compression);
  await addOpenapi(app);
  addHealthRoutes(app, context);
  addQueryRoute(app, context);
  addExplainRoute(app, context);
  addCatalogRoutes(app, context);
  addJobRoutes(app, context);
  return app;
}

/** Of answers, not of events, which would wait in it; bodies of requests are taken as they come. */
const compression = {
  globalDecompression: false,
  threshold: 4096,
  encodings: ['br', 'gzip'],
  // Quick rather than small: the cores are needed for answers.
  zlibOptions: { level: 1 },
  brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } },
  customTypes:
    /^(?:application\/(?:(?:problem\+)?json|x-ndjson|javascript|vnd\.apache\.arrow\.stream)|text\/(?:csv|html|css|plain))/,
} as const satisfies FastifyCompressOptions;

function givenId(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && idPattern.test(header) ? header : null;
}

async function addHeaders({ id }: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-query-id': id });
}

async function checkRequest(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { headers, id } = request;
  if (headers['x-query-id'] !== undefined && headers['x-query-id'] !== id)
    return sendProblem(
      reply,
      httpProblem(400, 'X-Query-Id must be 1 to 128 letters, digits, or any of _ . : -'),
    );
  // Before a body is read: a wrong method is told as such, whatever its body.
  return request.is404 ? refuseRoute(app, request, reply) : undefined;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function refuseRoute(app: App, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?');
  const allowed = methods.filter((method) => app.findRoute({ url: path, method }) !== null).join(', ');
  // A file that is not there has a route whose method is right.
  if (allowed === '' || allowed.split(', ').includes(request.method))
    return sendProblem(reply, httpProblem(404, `there is nothing at ${path}`));
  return sendProblem(reply.header('allow', allowed), httpProblem(405, `${path} takes ${allowed}`));
}

/** What the framework refused is the client's to know; anything else is a bug, told to the log alone. */
function sendError(error: FastifyError, { log }: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof HttpRefusal) return sendProblem(reply, error.problem);
  const { statusCode = 500 } = error;
  if (statusCode < 500) return sendProblem(reply, httpProblem(statusCode, error.message));
  log.error({ err: error }, 'something went wrong inside');
  return sendProblem(reply, internalProblem);
}

function logRequest({ metrics }: ServerContext, request: FastifyRequest, reply: FastifyReply): void {
  const { method, url, routeOptions, headers, log, client } = request;
  const [status, elapsedMs] = [reply.statusCode, reply.elapsedTime];
  metrics.countRequest(routeOptions.url ?? 'none', method, status, elapsedMs);
  const { traceparent } = headers;
  log.info({ client: client?.id, method, url, status, elapsedMs, traceparent }, 'request');
}
