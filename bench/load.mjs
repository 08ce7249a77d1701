/*
 * Puts load on a server: half, once, twice and five times of what it can do, whether or not it answers.
 *
 *   npm run load                       builds; 10 M sessions, 60 s at each load, with and without controllers, then 500 slow sockets
 *   npm run load -- --seconds 10       a quick look
 *   npm run load -- --data FOLDER      keeps the samples in a folder, and takes them from there the next time
 *   npm run load -- --write            also writes bench/LOAD.md
 *
 * It takes some 13 minutes. How to read the output. The capacity is the most that clients get who wait for each answer. Each load is put on
 * a server of its own; with controllers in two halves, in this order and in the reverse one. The client sends at the times of a Poisson
 * process and shares the machine with the server. `offered` is what it sent, each is served (a complete answer), shed (503 or 429 with
 * Retry-After) or failed. `goodput` are answers a second that came within one and a half times the target; `p50`, `p99` milliseconds from
 * when an answer was due to be asked for; `lag p99` how late the server's event loop was, as the server tells (10 ms of it are the measure's
 * own). `degraded` is the share of answers that load cut short, and `cover` the share of certified intervals that hold the true value, of
 * all answers and, behind the slash, of those that were cut short; 0.95 is nominal. `recovery` is when, behind the load, the last answer
 * was refused, cut short or late, milliseconds.
 *
 * The exit code is 0 where all promises are kept, 1 where one is not, 2 for wrong options.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSessions } from '../data/generate-sessions.mjs';
import { openEngine } from '../dist/index.js';
import { measureCapacity } from './load/capacity.mjs';
import { learnTruths } from './load/coverage.mjs';
import { drawer, makeQuestions } from './load/questions.mjs';
import { checkPromises, loadTable, slowTable } from './load/report.mjs';
import { runLoads } from './load/run-loads.mjs';
import { holdSlowSockets } from './load/slow-sockets.mjs';
import { serve } from './load/serve.mjs';
import { randomFrom } from './random-from.mjs';

const generated = fileURLToPath(new URL('../data/generated/', import.meta.url));
const resultsFile = fileURLToPath(new URL('LOAD.md', import.meta.url));
/** All requests come from one address. */
const sockets = ['--limits-connections-max', '8000', '--limits-connections-per-address-max', '8000'];
const factors = [0.5, 1, 2, 5];
/** A fifth of the table's rows: an answer takes 12 to 16 ms. */
const sample = 'CREATE SAMPLE IF NOT EXISTS uniform ON sessions UNIFORM 20% SEED 1';

/** Shows that something goes on, apart from the output. @param {string} what */
const note = (what) => console.error(`… ${what}`);

const explanation = `The capacity is the most that clients get that wait for each answer. The controllers are at work then: what may be is cut short, which is
two to three times what is done with whole samples. Without controllers all statements run at once, and one answer of 10^5 groups is enough for
all others to come too late for good.`;

const usage =
  'usage: node bench/load.mjs [--rows N] [--seconds N] [--data FOLDER] [--only loads,bare,slow] [--write]';

/** The command's options; says how to use it and ends where they make no sense. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        rows: { type: 'string', default: '10000000' },
        seconds: { type: 'string', default: '60' },
        target: { type: 'string', default: '500' },
        data: { type: 'string' },
        only: { type: 'string', default: 'loads,bare,slow' },
        write: { type: 'boolean', default: false },
      },
    });
    const whole = (/** @type {'rows' | 'seconds' | 'target'} */ name) => {
      const number = Number(values[name]);
      if (!Number.isSafeInteger(number) || number < 1)
        throw new RangeError(`--${name} must be a whole number, 1 or more`);
      return number;
    };
    const parts = new Set(values.only.split(','));
    return { ...values, parts, rows: whole('rows'), seconds: whole('seconds'), targetMs: whole('target') };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** Makes the table and its sample, unless they are there, and asks for the truth. @param {string} dataDir @param {number} rows */
async function prepare(dataDir, rows) {
  const path = join(generated, `sessions-${rows}.parquet`);
  await generateSessions({ path, rows, seed: 1 });
  const engine = await openEngine({ dataDir, allowedPaths: [dirname(path)] });
  try {
    note('building the sample, unless it is there');
    await engine.query(`CREATE TABLE IF NOT EXISTS sessions FROM '${path}'`);
    await engine.query(sample);
    const questions = makeQuestions();
    note(`asking for the truth of ${questions.length} questions`);
    return { questions, truths: await learnTruths(engine, questions) };
  } finally {
    await engine.close();
  }
}

const { rows, seconds, targetMs, data, parts, write } = readOptions();
const dataDir = data === undefined ? await mkdtemp(join(tmpdir(), 'ballpark-load-')) : resolve(data);
const outputs = [];
const broken = [];
const say = (/** @type {string} */ text) => {
  console.log(text);
  outputs.push(text);
};
try {
  const { questions, truths } = await prepare(dataDir, rows);
  const random = randomFrom(7);
  const draw = drawer(questions, random);
  const options = ['--log-level', 'warn', '--load-target-ms', String(targetMs), ...sockets];
  note('measuring what the server can do');
  const measured = await serve(dataDir, options);
  const capacity = await measureCapacity(measured.address, draw, Math.min(20, seconds));
  await measured.close();
  say(
    `${rows.toLocaleString('en')} rows, ${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}`,
  );
  say(
    `capacity: ${capacity.rate.toFixed(0)} answers/s with ${capacity.clients} clients, ${capacity.meanMs.toFixed(1)} ms each on one`,
  );
  const load = {
    dataDir,
    options,
    capacity: capacity.rate,
    factors,
    seconds,
    targetMs,
    questions,
    draw,
    random,
    truths,
    note,
  };
  const controlled = parts.has('loads') ? await runLoads({ ...load, isTwice: true }) : null;
  if (controlled !== null) say(`\nWith controllers (target ${targetMs} ms):\n${loadTable(controlled)}`);
  const bare = parts.has('bare')
    ? await runLoads({ ...load, isTwice: false, options: [...options, '--load-is-controlled', 'false'] })
    : null;
  if (bare !== null) say(`\nWithout:\n${loadTable(bare)}`);
  const slow = parts.has('slow') ? await holdSlowSockets(load) : null;
  if (slow !== null) say(`\n500 slow sockets:\n${slowTable(slow)}`);
  broken.push(...checkPromises({ controlled, slow, targetMs }));
  say(
    broken.length === 0
      ? '\nAll promises are kept.'
      : `\nNot kept:\n${broken.map((line) => `- ${line}`).join('\n')}`,
  );
  if (write)
    await writeFile(
      resultsFile,
      `# Under load\n\nWritten by \`npm run load -- --write\` on ${new Date().toISOString().slice(0, 10)}; bench/load.mjs says how to read it.\n\n\`\`\`text\n${outputs.join('\n')}\n\`\`\`\n\n${explanation}\n`,
    );
} finally {
  if (data === undefined) await rm(dataDir, { recursive: true, force: true });
}
process.exitCode = broken.length === 0 ? 0 : 1;
