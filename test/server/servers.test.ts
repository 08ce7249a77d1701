import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import type { Estimate, JsonCell, QueryResultJson } from '../../src/index.ts';
import { bundleProcess } from '../leases/processes/bundle.ts';
import { Workspace } from '../support/workspace.ts';
import { ServerGroup } from './servers/server-group.ts';
import {
  changeUntil,
  Ledger,
  pollUntil,
  type Question,
  readUntil,
  type Seen,
} from './servers/trial-clients.ts';

/*
 * Three servers on one data folder under load, one after another killed (SIGKILL). A few seconds here; `npm run servers` goes on for as
 * long as the design asks for, and shows what came of it.
 */
const isFull = process.env['MODE'] === 'servers';
const [seconds, killEveryMs] = isFull ? [120, 5000] : [8, 2000];
const [rows, readers, writers] = [300_000, 6, 2];

const estimateOf = (cell: JsonCell | undefined): Estimate => cell as Estimate; // of an approximate answer
const sum = (of: (row: number) => boolean): number => {
  let total = 0;
  for (let row = 0; row < rows; row++) if (of(row)) total += row;
  return total;
};

/** Exact answers are known; of a sample that is read whole each answer is the same, and of a part of it one that holds the truth. */
function questionsOn(whole: QueryResultJson): Question[] {
  const truth = sum((row) => row % 3 === 0);
  const expected = estimateOf(whole.rows[0]?.[0]);
  const isRight = ({ rows: [row], answer }: QueryResultJson): boolean => {
    const { value, low, high, stdError } = estimateOf(row?.[0]);
    const isWhole = answer.degraded === null && answer.sample?.name === 's';
    if (isWhole && value !== expected.value) return false;
    return low! < value! && value! < high! && Math.abs(value! - truth) < 8 * stdError!;
  };
  const exactly =
    (count: number): Question['isRight'] =>
    ({ rows: [row] }) =>
      row?.[0] === count;
  return [
    { sql: 'SELECT SUM(x) FROM t WHERE x % 3 = 0', isRight },
    { sql: 'EXACT SELECT COUNT(*) FROM t WHERE x % 7 = 0', isRight: exactly(Math.ceil(rows / 7)) },
    { sql: 'EXACT SELECT MAX(x) FROM t', isRight: exactly(rows - 1) },
  ];
}

let bundle: Awaited<ReturnType<typeof bundleProcess>>;
let work: Workspace;
beforeAll(async () => {
  bundle = await bundleProcess('test/server/servers/server-process.ts');
  work = await Workspace.open();
  await work.table('t', `SELECT i AS x, i % 7 AS g FROM range(${rows}) t(i)`);
  await work.query('CREATE SAMPLE s ON t UNIFORM 100000 ROWS SEED 1');
});
afterAll(async () => {
  await work.close();
  await bundle.remove();
});

test('who is killed takes no answer and no change along', { timeout: 600_000 }, async () => {
  const questions = questionsOn((await work.query('SELECT SUM(x) FROM t WHERE x % 3 = 0')).toJSON());
  await work.engine.close();
  const group = await ServerGroup.open(bundle.program, [join(work.folder, 'data'), work.folder], 3);
  const seen: Seen = { answers: 0, jobs: 0, lost: 0, wrong: [] };
  const ledger = new Ledger();
  try {
    const startMs = performance.now();
    const isOver = (): boolean => performance.now() >= startMs + seconds * 1000;
    const clients = [
      ...Array.from({ length: readers }, (_, each) =>
        readUntil(isOver, group, questions, seededRandom(each), seen),
      ),
      ...Array.from({ length: writers }, (_, each) =>
        changeUntil(isOver, group, `w${each}`, seededRandom(100 + each), ledger),
      ),
    ];
    clients.push(pollUntil(isOver, group, questions[1]!, seededRandom(200), seen)); // there are three
    const random = seededRandom(7);
    for (let killMs = startMs + killEveryMs; !isOver(); killMs += killEveryMs) {
      await new Promise((resume) => setTimeout(resume, killMs - performance.now()));
      await group.kill(random); // another takes its place before the next is due
    }
    await Promise.all(clients);
  } finally {
    await group.close();
  }
  await work.start();
  const samples = await work.values('SHOW SAMPLES');
  const names = new Set(samples.map(([name]) => name));
  const { answers, jobs, lost, wrong } = seen;
  const counts = {
    answers,
    jobs,
    lost,
    kills: group.kills,
    there: ledger.there.size,
    gone: ledger.gone.size,
  };
  if (isFull) console.table([counts]);
  if (wrong.length > 0) console.error(wrong);
  expect(wrong).toEqual([]);
  expect([...ledger.there].filter((name) => !names.has(name))).toEqual([]);
  expect([...ledger.gone].filter((name) => names.has(name))).toEqual([]);
  expect(samples.map((row) => row.at(-2)).filter((state) => state !== 'sound')).toEqual([]);
  for (const name of ledger.there) await work.query(`DROP SAMPLE ${name}`);
  // Else nothing was tested.
  expect(Math.min(...Object.values({ ...counts, lost: 1 }))).toBeGreaterThan(0);
  expect(group.kills).toBeGreaterThan(seconds / (killEveryMs / 1000) / 3);
});
