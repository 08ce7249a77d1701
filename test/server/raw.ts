import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { makeToken } from '../../src/server/guard/index.ts';
import type { RunningServer } from '../../src/server/index.ts';

/** Connects to a server. */
export async function open(server: RunningServer): Promise<Socket> {
  const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
  // The server may end a connection at any time.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Resolves when a connection has ended, in whatever way. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });

/** Sends bytes as they are. @returns the status of what comes back until the connection ends; null: nothing came */
export async function exchange(
  server: RunningServer,
  ...pieces: readonly string[]
): Promise<{ readonly status: number | null; readonly text: string }> {
  const socket = await open(server);
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    // One answer is enough; it comes in one piece.
    socket.end();
  });
  for (const piece of pieces) socket.write(piece);
  await closed(socket);
  const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
  return { status: status === undefined ? null : Number(status), text };
}

/** A new token's entry, and the header that brings it. */
export function tokenFor(name: string, role: 'read' | 'admin') {
  const { token, entry } = makeToken(name, role);
  return { token, entry, headers: { authorization: `Bearer ${token}` } };
}
