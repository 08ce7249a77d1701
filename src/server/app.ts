import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { EngineControl, Jobs } from '../engine/control.ts';
import type { Metrics } from './metrics.ts';
import type { ServerSettings } from './settings.ts';
import type { Statements } from './statements.ts';

/** The framework's application, whose requests have the types of their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Who asks. */
export interface Client {
  /** What turns and rights go by: the name of a token, or the address where none is needed. */
  readonly id: string;
  /** `admin` may change tables and samples too. */
  readonly role: 'read' | 'admin';
}

/** What the routes share. */
export interface ServerContext {
  readonly control: EngineControl;
  readonly settings: ServerSettings;
  readonly statements: Statements;
  readonly jobs: Jobs;
  readonly metrics: Metrics;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Known from the first hook on. */
    client: Client;
  }
}
