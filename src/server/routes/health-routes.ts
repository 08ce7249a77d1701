import { Type } from 'typebox';
import type { App, ServerContext } from '../app.ts';
import { ReadySchema } from '../catalog-schemas.ts';
import { bodyOf, problems } from '../schemas.ts';

/** Whatever watches over the process carries no secrets. */
const openToAll: readonly Readonly<Record<string, string[]>>[] = [{}];

const aliveSchema = {
  summary: 'The server is there',
  tags: ['health'],
  security: openToAll,
  response: {
    200: bodyOf('It is', { 'application/json': Type.Object({ status: Type.Literal('ok') }) }),
    ...problems(),
  },
};

const readySchema = {
  summary: 'Samples are open and the catalog can be written',
  tags: ['health'],
  security: openToAll,
  response: {
    ...problems(),
    200: bodyOf('Ready', { 'application/json': ReadySchema }),
    503: bodyOf('Not ready', { 'application/json': ReadySchema }),
  },
};

const metricsSchema = {
  summary: 'What the server has counted, for Prometheus',
  tags: ['health'],
  response: { 200: bodyOf('The counts', { 'text/plain': Type.String() }), ...problems() },
};

/** Adds `GET /livez`, `/readyz` and `/metrics`. */
export function addHealthRoutes(app: App, { control, metrics }: ServerContext): void {
  let isOpened = false;
  void control.warmUp().then(
    () => {
      isOpened = true;
    },
    (error: unknown) => app.log.error(error, 'samples could not be opened'),
  );
  app.get('/livez', { schema: aliveSchema }, () => ({ status: 'ok' }));
  app.get('/readyz', { schema: readySchema }, async (_request, reply) => {
    const status = await control.status();
    const isReady = isOpened && status.isCatalogWritable;
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, samplesOpen: isOpened, ...status });
  });
  app.get('/metrics', { schema: metricsSchema }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
