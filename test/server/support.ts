import type { EngineControl, Foreseen, Jobs } from '../../src/engine/control.ts';
import { Answer } from '../../src/engine/query-result.ts';
import { type RouteReport, Stopwatch, summarise } from '../../src/engine/summary.ts';
import type { QueryResult } from '../../src/index.ts';
import { type RunningServer, type ServerSettings, startServer } from '../../src/server/index.ts';
import { checkDocumented } from './documented.ts';

/** Starts a server at any free port, without a log. */
export const serve = (
  control: EngineControl,
  settings: Partial<ServerSettings> = {},
): Promise<RunningServer> => startServer({ control, settings: { port: 0, logLevel: 'silent', ...settings } });

/** A real answer of one column of text. */
export function answerOf(texts: readonly string[], final = true): QueryResult {
  const stopwatch = new Stopwatch(() => 0);
  const report: RouteReport = { mode: 'exact', reason: 'because', notes: [], errorMet: true };
  const bounds = { error: null, confidence: 0.95, simultaneous: false, withinMs: null, onMiss: 'exact', isDefault: true } as const; // prettier-ignore
  const column = { name: 'x', role: 'exact', type: { kind: 'varchar' }, values: texts } as const;
  return new Answer('q', [column], summarise(report, bounds, 1, stopwatch, null), null, final);
}

/** A statement of which nothing is to be said. */
export const anyStatement: Foreseen = {
  kind: 'select',
  shape: '',
  withinMs: null,
  mayDegrade: false,
  sample: null,
  exactMs: null,
};

/** An engine that does as a test says, and nothing else. */
export const controlWith = (parts: Partial<EngineControl>): EngineControl =>
  ({
    warmUp: () => Promise.resolve(),
    jobs: () => Promise.resolve({} as Jobs),
    foresee: () => anyStatement,
    ...parts,
  }) as EngineControl; // what is missing is not asked

/** Takes the errors of a log. */
export class ErrorLog {
  readonly stacks: string[] = [];

  write(line: string): void {
    this.stacks.push((JSON.parse(line) as { err: { stack: string } }).err.stack);
  }
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Sends a request and reads the JSON that comes back, which must be what the OpenAPI document says. */
export async function send(server: RunningServer, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(server.address + path, init);
  const { status, headers } = response;
  const text = await response.text();
  const type = headers.get('content-type');
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  await checkDocumented({ method: init.method ?? 'GET', path, status, type, body });
  return { status, type, body, headers };
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
