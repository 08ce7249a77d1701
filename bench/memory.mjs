/*
 * Shows that memory does not grow with the number of statements: bounded ones, groups, quantiles, streams left early, cancelled
 * ones, errors, exact answers now and then (see memory-mix.mjs).
 *
 *   npm run memory                     10,000 statements
 *   npm run memory -- --queries 2000   a quick look
 *
 * After every tenth of the statements garbage is collected, and what the heap holds is printed, with what lies outside it (columns
 * of samples). The first tenth fills what is filled once. Ends with 1 where the end is more than 10 % above the first tenth.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateSessions } from '../data/generate-sessions.mjs';
import { openEngine } from '../dist/index.js';
import { carryOut, measureMemory, statementOf } from './memory-mix.mjs';

const rows = 300_000;
const growthMax = 1.1;

const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1).padStart(8);

/** @param {import('../dist/index.js').Engine} engine @param {number} queries */
async function run(engine, queries) {
  const patience = new AbortController();
  const seen = new Map();
  const marks = [];
  console.log('statements     heap  outside  process, MiB');
  for (let number = 0; number < queries; number++) {
    const statement = statementOf(number);
    await carryOut(engine, statement, patience.signal);
    seen.set(statement.kind, (seen.get(statement.kind) ?? 0) + 1);
    if ((number + 1) % Math.ceil(queries / 10) > 0 && number + 1 < queries) continue;
    const mark = await measureMemory();
    marks.push(mark);
    console.log(
      `${String(number + 1).padStart(10)} ${mib(mark.heapUsed)} ${mib(mark.external)} ${mib(mark.rss)}`,
    );
  }
  console.log([...seen].map(([kind, count]) => `${count} ${kind}`).join(', '));
  return [marks[0], marks.at(-1)];
}

const { values } = parseArgs({ options: { queries: { type: 'string', default: '10000' } } });
const queries = Number(values.queries);
if (!Number.isSafeInteger(queries) || queries < 10)
  throw new RangeError('--queries must be a whole number, 10 or more');

const folder = await mkdtemp(join(tmpdir(), 'ballpark-memory-'));
try {
  const { path } = await generateSessions({ path: join(folder, 'sessions.parquet'), rows, seed: 1 });
  const engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder] });
  try {
    await engine.query(`CREATE TABLE sessions FROM '${path}'`);
    await engine.query('CREATE SAMPLE ON sessions UNIFORM 40000 ROWS SEED 1');
    await engine.query('CREATE SAMPLE ON sessions STRATIFIED BY (os, genre) CAP 500 SEED 2');
    const [first, last] = await run(engine, queries);
    for (const what of /** @type {const} */ (['heapUsed', 'external'])) {
      const growth = last[what] / first[what];
      console.log(`${what}: ${growth.toFixed(3)} times what it was after the first tenth`);
      if (growth > growthMax) process.exitCode = 1;
    }
  } finally {
    await engine.close();
  }
} finally {
  await rm(folder, { recursive: true });
}
