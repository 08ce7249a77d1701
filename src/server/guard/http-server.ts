import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { loopTurns } from '../../engine/control.ts';
import { httpProblem } from '../problem.ts';
import type { LimitSettings } from '../settings.ts';
import type { Connections } from './connections.ts';

/** How often connections are looked at whose time may be over, milliseconds, at most. */
const lookMs = 500;

/**
 * Makes a server for the framework, which wants several where a name has several addresses. Whatever sends too slowly or too much is
 * gone before the framework hears of it.
 * @param connections which all of them share
 */
export function createHttpServer(
  { receiveMs, headerBytesMax, keepAliveMs, silenceMs }: LimitSettings,
  connections: Connections,
  handler: RequestListener,
): Server {
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: receiveMs,
      requestTimeout: receiveMs,
      connectionsCheckingInterval: Math.min(lookMs, receiveMs / 4),
      keepAliveTimeout: keepAliveMs,
    },
    handler,
  );
  // Node.js would leave out those that are too many, without a word; the guard refuses such a request.
  server.maxHeadersCount = 0;
  server.setTimeout(silenceMs);
  server.on('connection', (socket) => {
    connections.take(socket);
    loopTurns.leaveNext();
  });
  server.on('request', ({ socket }, response) => connections.work(socket, response));
  server.on('clientError', refuseBroken);
  return server;
}

const refusals: ReadonlyMap<string, readonly [status: number, detail: string]> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'the request took too long to arrive']],
  ['HPE_HEADER_OVERFLOW', [431, 'the headers are too large']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'the extensions of chunks are too large']],
]);

/** Answers what is no request, or none in time, and ends its connection. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  const [status, detail] = refusals.get(error.code ?? '') ?? [400, 'this is no HTTP request'];
  if (socket.writable && error.code !== 'ECONNRESET') {
    const body = JSON.stringify(httpProblem(status, detail));
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy();
}
