import type { App, ServerContext } from '../app.ts';

/** Adds `GET /livez`, `/readyz` and `/metrics`. */
export function addHealthRoutes(app: App, { control, metrics }: ServerContext): void {
  let isOpened = false;
  void control.openSamples().then(() => {
    isOpened = true;
  });
  app.get('/livez', { schema: { summary: 'The server is there', tags: ['health'] } }, () => ({
    status: 'ok',
  }));
  app.get(
    '/readyz',
    { schema: { summary: 'Samples are open and the catalog can be written', tags: ['health'] } },
    async (_request, reply) => {
      const status = await control.status();
      const isReady = isOpened && status.isCatalogWritable;
      return reply.code(isReady ? 200 : 503).send({ ready: isReady, samplesOpen: isOpened, ...status });
    },
  );
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
