import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { version } from '../../package.json' with { type: 'json' };
import type { App } from './app.ts';
import { sendTagged } from './send-tagged.ts';

/** Nothing comes from elsewhere, and nothing runs but the page's own files. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // the page sets sizes in style attributes
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds `GET /openapi.json`, made of the schemas of routes that are added behind it, and `/docs`, a page that shows it. */
export async function addOpenapi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ballpark',
        version,
        description: 'Approximate query engine: SQL with a bound on error or time, answers with intervals.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'statements', description: 'Ask, and wait for the answer' },
        {
          name: 'jobs',
          description: 'Have something done, and ask after it; what nobody asks after is cancelled',
        },
        { name: 'catalog', description: 'What there is to ask' },
        { name: 'health', description: 'How the server is' },
      ],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      // On the machine's own address no token is needed.
      security: [{}, { bearer: [] }],
    },
    transformObject: (made) => ('openapiObject' in made ? hoist(made.openapiObject) : made.swaggerObject),
  });
  // The document describes responses; they are not made by it.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: pagePolicy,
    theme: { title: 'Ballpark' },
    uiConfig: { validatorUrl: null, layout: 'BaseLayout' },
  });
  let document: object = {};
  app.addHook('onReady', async () => {
    document = app.swagger(); // takes a while the first time
  });
  app.get('/openapi.json', { schema: { hide: true } }, (request, reply) =>
    sendTagged(request, reply, document),
  );
}

/** Gives schemas with a title a place of their own, under that name, which the others refer to. */
function hoist<T extends object>(document: T): T {
  const schemas = new Map<string, unknown>();
  const hoisted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(hoisted);
    if (typeof value !== 'object' || value === null) return value;
    const made = Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, key === 'examples' ? each : hoisted(each)]),
    );
    const { title, type, anyOf } = value as Readonly<Record<string, unknown>>; // of a schema, if it is one
    if (typeof title !== 'string' || (type === undefined && anyOf === undefined)) return made;
    schemas.set(title, made);
    return { $ref: `#/components/schemas/${title}` };
  };
  const { components, ...rest } = hoisted(document) as T & { readonly components?: object }; // as it was, but for schemas
  return { ...rest, components: { ...components, schemas: Object.fromEntries(schemas) } } as T;
}
