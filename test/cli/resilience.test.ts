import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkplace, peopleCsv, run, type Workplace } from './support.ts';

let place: Workplace;
const command = (...argv: readonly string[]) => run([...place.options, ...argv]);

beforeAll(async () => {
  place = await makeWorkplace();
  const path = await place.write('people.csv', peopleCsv(3000));
  const sql = `CREATE TABLE people FROM '${path}'; CREATE SAMPLE half ON people UNIFORM 1500 ROWS SEED 1`;
  expect(await command('query', sql)).toMatchObject({ code: 0, err: '' });
});
afterAll(() => place.remove());

test('resilience tells of each class of blocks what is left without it', async () => {
  const { code, out, err } = await command('resilience', 'people');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  // A sample of one block is gone without it; a half of one block is all of it.
  expect(out).toMatch(/^ ?half +│ 0 +│ 0–15 +│ +1 │ true +│ +0\.5 │ +NULL │ +NULL │ +NULL │ +NULL$/m);
  expect(out).toContain('note: half was asked AVG and SUM of age');
});

test('its forms, and what it refuses', async () => {
  const csv = await command('resilience', 'people', '--format', 'csv');
  expect(csv.out.split('\r\n').slice(0, 2)).toEqual([
    'sample,class,ranks,blocks,critical,answered,distortion_per_10_percent,distortion_r2,ms_per_10_percent,ms_r2',
    'half,0,0–15,1,true,0.5,,,,',
  ]);
  const json = await command('resilience', 'people', '--format', 'json');
  expect(JSON.parse(json.out)).toMatchObject({
    rows: [['half', '0', '0–15', 1, true, 0.5, null, null, null, null]],
  });
  const unknown = await command('resilience', 'peple');
  expect(unknown.code).toBeGreaterThan(0);
  expect(unknown.err).toContain('UNKNOWN_TABLE');
  expect(unknown.err).toContain('people');
  expect((await command('resilience')).code).toBe(2);
  expect((await command('resilience', '--help')).out).toContain('critical');
});
