import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flipValue } from '../support/sample-bytes.ts';
import { makeWorkplace, peopleCsv, run } from './support.ts';

test('a damaged sample is told on standard error; the answer comes all the same', async () => {
  const place = await makeWorkplace();
  try {
    const options = ['--data-dir', join(place.folder, 'damaged'), '--allow', place.folder];
    const path = await place.write('people.csv', peopleCsv(3000));
    await run([
      ...options,
      'query',
      `CREATE TABLE people FROM '${path}'; CREATE SAMPLE s ON people UNIFORM 900 ROWS SEED 1`,
    ]);
    flipValue(join(place.folder, 'damaged'), 's', 'age');
    const asked = [...options, 'query', 'SELECT COUNT(*) FROM people WHERE age > 50'];
    const { code, out, err } = await run(asked);
    expect([code, err]).toEqual([0, expect.stringMatching(/^warning: the sample s is damaged: [^\n]*\n$/)]);
    expect(out).toContain('exact');
    expect((await run(asked)).err).toBe('');
  } finally {
    await place.remove();
  }
});
