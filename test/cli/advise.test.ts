import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkplace, peopleCsv, run, type Workplace } from './support.ts';

let place: Workplace;
const command = (...argv: readonly string[]) => run([...place.options, ...argv]);

beforeAll(async () => {
  place = await makeWorkplace();
  const path = await place.write('people.csv', peopleCsv(3000));
  expect(await command('query', `CREATE TABLE people FROM '${path}'`)).toMatchObject({ code: 0, err: '' });
});
afterAll(() => place.remove());

test('without queries it asks for columns', async () => {
  const { code, err } = await command('advise', 'people');
  expect(code).toBe(1);
  expect(err).toContain('FOR (a), (a, b)');
});

test('shows what would be made, and why; makes nothing', async () => {
  const { code, out, err } = await command('advise', 'people', '--budget', '50%', '--for', 'city, name', '--for', 'city'); // prettier-ignore
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^ people_by_city +│ create │ stratified by city, at most [\d,]+ rows each/m);
  expect(out).toMatch(/% of the workload \(the columns named\) is covered/);
  expect((await command('query', '--format', 'csv', 'SHOW SAMPLES')).out.trim().split('\n')).toHaveLength(1);
});

test('goes by the queries of the log', async () => {
  await command('query', 'SELECT city, AVG(age) FROM people GROUP BY city');
  const { out } = await command('advise', 'people', '--budget', '1500', '--format', 'json');
  const { rows, answer } = JSON.parse(out) as { rows: unknown[][]; answer: { reason: string } };
  expect(rows[0]!.slice(0, 2)).toEqual(['people_by_city', 'create']);
  expect(answer.reason).toContain('1 logged statement)');
});

test('a wrong command line is told', async () => {
  expect(await command('advise', 'people', '--budget', 'much')).toMatchObject({ code: 2 });
  expect((await command('advise', 'peple')).err).toContain('people');
});
