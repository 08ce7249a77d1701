import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../../src/index.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { openapiOf } from './documented.ts';
import { controlWith, serve } from './support.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await serve(controlWith({}));
});
afterAll(() => server.close());

test('all routes are documented, each with its statuses and bodies', async () => {
  const { openapi, paths } = await openapiOf(server);
  expect(openapi).toBe('3.1.0');
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.toSorted()).toEqual([
    'DELETE /v1/jobs/{id}',
    'DELETE /v1/queries/{id}',
    'GET /livez',
    'GET /metrics',
    'GET /readyz',
    'GET /v1/jobs',
    'GET /v1/jobs/{id}',
    'GET /v1/samples',
    'GET /v1/tables',
    'GET /v1/tables/{name}',
    'POST /v1/explain',
    'POST /v1/jobs',
    'POST /v1/query',
  ]);
  for (const [path, operations] of Object.entries(paths))
    for (const { responses } of Object.values(operations)) {
      const bodies = Object.keys(responses).map((status) => Object.keys(responses[status]?.content ?? {}));
      expect(
        bodies.filter((types) => types.includes('application/problem+json')).length,
        path,
      ).toBeGreaterThan(4);
    }
});

test('every status of an error code is documented for statements', async () => {
  const { paths } = await openapiOf(server);
  const documented = Object.keys(paths['/v1/query']!['post']!.responses);
  expect(documented).toEqual(expect.arrayContaining(Object.values(errorCodes).map(({ httpStatus }) => String(httpStatus)))); // prettier-ignore
});

test('what needs no token is said to need none', async () => {
  const { paths } = await openapiOf(server);
  const open = Object.entries(paths).filter(([, operations]) =>
    Object.values(operations).some(({ security }) => security?.every((way) => Object.keys(way).length === 0)),
  );
  expect(open.map(([path]) => path).toSorted()).toEqual(['/livez', '/readyz']);
});

test('schemas with a name stand once', async () => {
  const document = await openapiOf(server);
  expect(Object.keys(document.components.schemas).toSorted()).toEqual([
    'Answer',
    'Cell',
    'Column',
    'Estimate',
    'Explain',
    'Job',
    'JobRequest',
    'JobWithAnswer',
    'Jobs',
    'Plan',
    'Problem',
    'Readiness',
    'RowMark',
    'Sample',
    'Statement',
    'Summary',
    'Table',
    'TableSummary',
  ]);
  expect(JSON.stringify(document).match(/"stdError":\{/g)).toHaveLength(1);
  expect(JSON.stringify(document)).toContain(
    '"securitySchemes":{"bearer":{"type":"http","scheme":"bearer"}}',
  );
});

test('the page comes from this server alone', async () => {
  const page = await fetch(`${server.address}/docs/`);
  expect(page.status).toBe(200);
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
  expect(policy).not.toMatch(/https?:|unsafe-eval|\*/);
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(4);
  for (const link of links) {
    const url = new URL(link, `${server.address}/docs/`);
    expect(url.origin).toBe(server.address);
    const file = await fetch(url);
    expect([file.status, link]).toEqual([200, link]);
    await file.arrayBuffer();
  }
  // No script or style within the page, which the policy would refuse.
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  const start = await (await fetch(`${server.address}/docs/static/swagger-initializer.js`)).text();
  expect(start).toContain('"validatorUrl":null');
  const [shown, document] = await Promise.all(
    ['/docs/json', '/openapi.json'].map(async (path) => await (await fetch(server.address + path)).json()),
  );
  expect(shown).toEqual(document);
});
