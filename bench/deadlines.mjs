/*
 * Asks questions within deadlines, and cancels some.
 *
 *   npm run deadlines                                builds the library; 200 runs at each of 50 ms, 200 ms, 1 s and 5 s, of 50 M sessions
 *   npm run deadlines -- --rows 1000000 --runs 32    a quick look
 *   npm run deadlines -- --data FOLDER               keeps the samples in a folder, and takes them from there the next time
 *   npm run deadlines -- --write                     also writes bench/DEADLINES.md
 *
 * How to read the output. `in time` is the share of runs that returned by 1.05 times the deadline and 20 ms; an error that says that the
 * deadline was exceeded counts, if it came in time. `own` is the same without the time in which the main thread was ready to run and
 * had no processor (Linux tells): on a machine with other work that is not ours, and its `noise p99` stands beside. `late` is behind
 * the deadline, in milliseconds, without that noise: below 0 it was before. `width` is the median over questions of the median
 * half-width of their estimates, as a share of the value, `mean` the mean over questions; exact answers have 0, an interval without
 * an end counts as 1,000 %.
 *
 * Cancelling: from when the signal was due until the caller knew, without the noise; `last work` is when the engine last reported progress.
 * `loading and reading` is a first statement: each is asked in a process of its own. `loading after closing` is the same in a process that
 * has just closed an engine with hundreds of megabytes: giving them back holds up whoever touches other memory. It is shown, not judged.
 * `others wait`: the turns of the event loop while a sample is built, what the longest took.
 * Each question is asked once before it counts: code that never ran is slow.
 *
 * The exit code is 0 where all promises are kept, 1 where one is not, 2 for wrong options.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSessions } from '../data/generate-sessions.mjs';
import { openEngine } from '../dist/index.js';
import { ask } from './deadlines/ask.mjs';
import { measureCancelling } from './deadlines/cancel.mjs';
import { questions, samples } from './deadlines/questions.mjs';
import { checkPromises, reportCancelling, reportDeadlines, reportQuestions } from './deadlines/report.mjs';

const generated = fileURLToPath(new URL('../data/generated/', import.meta.url));
const resultsFile = fileURLToPath(new URL('DEADLINES.md', import.meta.url));
const seed = 1;
const deadlines = [50, 200, 1000, 5000];

/** Shows that something goes on, apart from the output. @param {string} what */
const note = (what) => console.error(`… ${what}`);

const usage = 'usage: node bench/deadlines.mjs [--rows N] [--runs N] [--cancels N] [--data FOLDER] [--write]';

/** The command's options; says how to use it and ends where they make no sense. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        rows: { type: 'string', default: '50000000' },
        runs: { type: 'string', default: '200' },
        cancels: { type: 'string', default: '40' },
        data: { type: 'string' },
        write: { type: 'boolean', default: false },
      },
    });
    const whole = (/** @type {'rows' | 'runs' | 'cancels'} */ name) => {
      const number = Number(values[name]);
      if (!Number.isSafeInteger(number) || number < 1)
        throw new RangeError(`--${name} must be a whole number, 1 or more`);
      return number;
    };
    return { ...values, rows: whole('rows'), runs: whole('runs'), cancels: whole('cancels') };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** Makes the table and its samples, unless they are there. @param {import('../dist/index.js').Engine} engine @param {string} path */
async function prepare(engine, path) {
  await engine.query(`CREATE TABLE IF NOT EXISTS sessions FROM '${path}'`);
  for (const { name, method } of samples) {
    note(`building ${name}, unless it is there`);
    await engine.query(`CREATE SAMPLE IF NOT EXISTS ${name} ON sessions ${method} SEED ${seed}`);
  }
}

/** Asks all questions in turn, so often at each deadline. @param {import('../dist/index.js').Engine} engine @param {number} runs */
async function askAll(engine, runs) {
  const asked = [];
  for (const withinMs of deadlines) {
    note(`within ${withinMs} ms`);
    for (const question of questions) await ask(engine, question, withinMs);
    for (let run = 0; run < runs; run++) {
      asked.push(await ask(engine, questions[run % questions.length], withinMs));
      // What was interrupted ends behind its answer, and is not the next one's.
      await new Promise((resume) => setTimeout(resume, 20));
    }
  }
  return asked;
}

async function main() {
  const { rows, runs, cancels, data, write } = readOptions();
  await mkdir(generated, { recursive: true });
  note('making the table, unless it is there');
  const { path } = await generateSessions({ path: join(generated, `sessions-${rows}.parquet`), rows, seed });
  const dataDir = data === undefined ? await mkdtemp(join(generated, 'deadlines-')) : resolve(data);
  const place = { dataDir, allowedPath: dirname(path) };
  const open = () => openEngine({ dataDir, allowedPaths: [place.allowedPath] });
  try {
    const engine = await open();
    await prepare(engine, path);
    const asked = await askAll(engine, runs);
    await engine.close();
    const cancelling = await measureCancelling(open, place, cancels, note);
    const promises = checkPromises(asked, deadlines, cancelling);
    const cores = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
    const text = [
      `${rows.toLocaleString('en-US')} sessions; ${cores}, Node ${process.version}`,
      reportDeadlines(asked, deadlines),
      reportQuestions(asked, deadlines),
      reportCancelling(cancelling),
      promises.map(({ promise, kept }) => `${kept ? 'kept  ' : 'BROKEN'}  ${promise}`).join('\n'),
    ].join('\n\n');
    console.log(text);
    if (write) {
      const head =
        '# Deadlines kept\n\nWritten by `npm run deadlines -- --write`; `deadlines.mjs` says how to read it.';
      await writeFile(resultsFile, `${head}\n\n\`\`\`text\n${text}\n\`\`\`\n`);
    }
    return promises.every(({ kept }) => kept) ? 0 : 1;
  } finally {
    if (data === undefined) await rm(dataDir, { recursive: true });
  }
}

process.exitCode = await main();
