import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ShellSession } from '../../src/cli/shell-session.ts';
import { type Engine, openEngine, type QueryOptions, type QueryResult } from '../../src/index.ts';
import { answer, estimate, Kept, makeWorkplace, peopleCsv, terminal, type Workplace } from './support.ts';

const sql = 'SELECT AVG(age) AS a FROM people WHERE age > 5';

/** What a session writes for a statement, with or without a terminal to tell progress to. */
async function runIn(engine: Engine, isTTY: boolean): Promise<{ out: string; err: string }> {
  const { stdin } = terminal();
  const [stdout, stderr] = [new Kept(), new Kept()];
  stderr.isTTY = isTTY;
  const events = { onInput: () => Promise.resolve(), onCatalogChange: () => undefined };
  const session = new ShellSession(engine, { stdin, stdout, stderr, signal: new AbortController().signal }, events); // prettier-ignore
  await session.accept(`${sql};`);
  return { out: stdout.text, err: stderr.text };
}

describe('a statement that takes long', () => {
  const result = (final: boolean, error: number | null): QueryResult => {
    const { answer: summary, ...rest } = answer([['a', 'DOUBLE', 'estimate']], [[estimate({ value: 3, low: 2, high: 4 })]]); // prettier-ignore
    const json = { ...rest, final, answer: { ...summary, achieved: { maxRelativeError: error, elapsedMs: 1 } } }; // prettier-ignore
    return { ...json, toJSON: () => json } as unknown as QueryResult; // what is shown
  };
  const asked: string[] = [];
  const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));
  const engine = {
    query: () => Promise.resolve(result(true, 0.33)),
    async *stream(_: string, { onProgress, refineAfterMs }: QueryOptions) {
      asked.push(`refine after ${refineAfterMs}`);
      await pause(450);
      onProgress!({ phase: 'execute', fraction: 0.25, rows: 1_000_000 });
      yield result(false, 0.0321);
      onProgress!({ phase: 'execute', fraction: 0.5, rows: 2_000_000 });
      await pause(250);
      yield result(true, 0.33);
    },
  } as unknown as Engine; // nothing else is called

  test('shows on a terminal how far it is and how wide the widest interval is, and then the answer', async () => {
    const { out, err } = await runIn(engine, true);
    expect(asked).toEqual(['refine after 400']);
    expect(err).toMatch(/reading the sample █+░+ 50 % 2,000,000 rows · ±3\.2 % so far/);
    expect(err.lastIndexOf('\u001b[')).toBeGreaterThan(err.lastIndexOf('reading')); // the bar is rubbed out
    expect(out).toContain('3.0 ± 1.0');
    expect(out).not.toContain('so far');
  });

  test('shows nothing else where there is no terminal', async () => {
    const { out, err } = await runIn(engine, false);
    expect(err).toBe('');
    expect(out).toContain('3.0 ± 1.0');
    expect(asked).toHaveLength(1);
  });
});

describe('with an engine', () => {
  let place: Workplace;
  let engine: Engine;
  beforeAll(async () => {
    place = await makeWorkplace();
    engine = await openEngine({ dataDir: ':memory:', allowedPaths: [place.folder] });
    await engine.query(`CREATE TABLE people FROM '${await place.write('people.csv', peopleCsv(30_000))}'`);
    await engine.query('CREATE SAMPLE ON people UNIFORM 20000 ROWS SEED 1');
  });
  afterAll(async () => {
    await engine.close();
    await place.remove();
  });

  test('a terminal and a pipe get the same table', async () => {
    const withoutTime = ({ out }: { out: string }): string => out.replaceAll(/[<\d.]+ m?s/g, 'time');
    const [shown, piped] = [await runIn(engine, true), await runIn(engine, false)];
    expect(withoutTime(shown)).toBe(withoutTime(piped));
    expect(piped.out).toContain(' ± ');
    expect(piped.err).toBe('');
  });
});
