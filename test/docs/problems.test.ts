import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/index.ts';

test('docs/problems.md lists every code with its status', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/problems.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `([A-Z_]+)` +\| (\d{3}) /gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(listed).toEqual(Object.entries(errorCodes).map(([code, { httpStatus }]) => [code, httpStatus]));
});
