import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'vitest';
import type { EngineControl } from '../../src/engine/control.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';

/*
 * Holds responses against the OpenAPI document of the server that they come from.
 */

interface Operation {
  readonly security?: readonly object[];
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}
export interface OpenapiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

interface Response {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

class Documented {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(readonly document: OpenapiDocument) {
    formats(this.ajv);
    this.ajv.addSchema(document, 'openapi');
  }

  check({ method, path, status, type, body }: Response): void {
    const [bare = ''] = path.split('?');
    const template = Object.keys(this.document.paths).find((each) =>
      new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare),
    );
    const operation =
      template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
    // Where there is nothing, nothing is documented, but for the form of a problem.
    if (operation === undefined) {
      expect([type, status >= 400], `${method} ${path}`).toEqual(['application/problem+json', true]);
      this.hold('#/components/schemas/Problem', body);
      return;
    }
    const documented = operation.responses[status];
    expect(documented, `${method} ${path} may answer with ${status}`).toBeDefined();
    if (type === null) {
      expect(documented?.content).toBeUndefined();
      return;
    }
    const [bareType = ''] = type.split(';');
    expect(Object.keys(documented?.content ?? {}), `${method} ${path} ${status}`).toContain(bareType);
    if (!/[+/]json$/.test(bareType)) return;
    const escaped = [
      template!,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      bareType,
      'schema',
    ]
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    this.hold(`#/paths/${escaped}`, body);
  }

  private hold(pointer: string, body: unknown): void {
    const validate = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: `openapi${pointer}` });
    this.compiled.set(pointer, validate);
    validate(body);
    expect(validate.errors ?? [], pointer).toEqual([]);
  }
}

/** The OpenAPI document of a server. */
export async function openapiOf({ address }: RunningServer): Promise<OpenapiDocument> {
  const response = await fetch(`${address}/openapi.json`);
  return (await response.json()) as OpenapiDocument;
}

let documented: Promise<Documented> | null = null;

/** Of a server that asks for no token: all have the same. */
async function readDocument(): Promise<Documented> {
  const control = {
    warmUp: () => Promise.resolve(),
    jobs: () => Promise.resolve({}),
  } as unknown as EngineControl; // no more is asked
  const server = await startServer({ control, settings: { port: 0, logLevel: 'silent' } });
  const document = await openapiOf(server);
  await server.close();
  return new Documented(document);
}

/** Checks a response against the document. */
export async function checkDocumented(response: Response): Promise<void> {
  documented ??= readDocument();
  (await documented).check(response);
}
