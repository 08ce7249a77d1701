import { type TSchema, Type } from 'typebox';
import { QueryError } from '../../index.ts';
import type { App, ServerContext } from '../app.ts';
import { SamplesSchema, TableSchema, TablesSchema } from '../catalog-schemas.ts';
import { queryProblem, sendProblem } from '../problem.ts';
import { bodyOf, emptyOf, problems, type Responses } from '../schemas.ts';
import { sendTagged } from '../send-tagged.ts';

/** Adds `GET /v1/tables`, `/v1/tables/:name` and `/v1/samples`. */
export function addCatalogRoutes(app: App, { control }: ServerContext): void {
  const { info } = control;
  app.get('/v1/tables', { schema: schemaOf('The tables', TablesSchema) }, (request, reply) =>
    sendTagged(request, reply, { tables: info.tables() }),
  );
  app.get(
    '/v1/tables/:name',
    {
      schema: {
        ...schemaOf('A table: columns, files, samples, what its files have become', TableSchema, 404),
        params: Type.Object({ name: Type.String() }),
      },
    },
    async (request, reply) => {
      try {
        return sendTagged(request, reply, await info.table(request.params.name));
      } catch (error) {
        if (error instanceof QueryError) return sendProblem(reply, queryProblem(error, null));
        throw error;
      }
    },
  );
  app.get('/v1/samples', { schema: schemaOf('The samples', SamplesSchema) }, async (request, reply) =>
    sendTagged(request, reply, { samples: await info.samples() }),
  );
}

function schemaOf(summary: string, body: TSchema, ...statuses: readonly number[]) {
  const response: Responses = {
    200: {
      ...bodyOf(summary, { 'application/json': body }),
      headers: { etag: { schema: { type: 'string' }, description: 'of its content' } },
    },
    304: emptyOf('Nothing has changed since the ETag that If-None-Match names'),
    ...problems(...statuses),
  };
  return { summary, tags: ['catalog'], response };
}
