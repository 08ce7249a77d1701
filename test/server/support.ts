import type { RunningServer } from '../../src/server/index.ts';

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Sends a request and reads the JSON that comes back. */
export async function send(server: RunningServer, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(server.address + path, init);
  const { status, headers } = response;
  const body = (await response.json()) as Record<string, unknown>;
  return { status, type: headers.get('content-type'), body, headers };
}

/** Posts a statement, or whatever a test sends in its place. */
export const post = (
  server: RunningServer,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> =>
  send(server, '/v1/query', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

export const problemType = 'application/problem+json';
