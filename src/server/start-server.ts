import type { EngineControl } from '../engine/control.ts';
import type { App, ServerContext } from './app.ts';
import { createApp, type LogStream } from './create-app.ts';
import { withTokens } from './guard/index.ts';
import { Metrics } from './metrics.ts';
import { Pipeline } from './pipeline.ts';
import { serverClock } from './server-clock.ts';
import { defaultSettings, type ServerSettings } from './settings.ts';
import { Statements } from './statements.ts';

export interface ServerOptions {
  readonly control: EngineControl;
  readonly settings?: Partial<ServerSettings>;
  /** Takes the log. Default: standard error. */
  readonly log?: LogStream;
}

export interface RunningServer {
  /** For example `http://127.0.0.1:8765`. */
  readonly address: string;
  /** Accepts nothing more, lets running statements end for a few seconds, cancels those that do not. The engine stays open. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP endpoint.
 * @throws SettingError where the host is not a loopback one and there is no token, or tokens cannot be read; the system's error (`EADDRINUSE`, `EACCES`) where it cannot listen
 */
export async function startServer({ control, log, ...options }: ServerOptions): Promise<RunningServer> {
  const settings = await withTokens({ ...defaultSettings, ...options.settings });
  const { host, port, limits } = settings;
  const pipeline = new Pipeline(control, settings.load, serverClock);
  const metrics = new Metrics();
  metrics.watch(pipeline);
  const statements = new Statements(control, pipeline, (end) => metrics.countEnd(end));
  const jobs = await control.jobs(settings.jobs);
  const context: ServerContext = { control, settings, statements, jobs, metrics };
  const app = await createApp(context, log ?? process.stderr);
  let isClosing = false;
  // A connection that is kept alive would keep the server from closing.
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('connection', 'close');
  });
  // As many as there may be may also wait to be taken in.
  const address = await app.listen({ host, port, backlog: limits.connectionsMax }).catch(async (error) => {
    await app.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    isClosing = true;
    await closeWithin(limits.graceMs, app, statements);
  };
  return { address, close };
}

/** Waits for what runs, and cancels it when it takes too long. */
async function closeWithin(ms: number, app: App, statements: Statements): Promise<void> {
  const patience = setTimeout(() => statements.end(), ms);
  try {
    await app.close();
  } finally {
    clearTimeout(patience);
  }
}
