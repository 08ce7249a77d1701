/*
 * Shows what streams promise: that any certified interval of a stream misses the truth in at most 1.1 α of them, that events come in
 * order with the answer of `query()` last, and that the first comes soon.
 *
 *   npm run streams                                   500 seeds over 2 M sessions, made on first use
 *   npm run streams -- --seeds 20 --rows 1000000      a quick look
 *   npm run streams -- --seeds 0 --large 50000000     only how soon first events come, over samples of millions of rows
 *
 * How to read the output. `missed`: streams in which any certified interval missed, of those that showed one; `at most`: 1.1 α of
 * them and what chance may add (the 99 % point of the binomial distribution). `before last`: misses at looks before the last, of which
 * there may be 0.1 α. `other last`, `disorder`: streams whose last answer was not that of `query()`, whose events were out of order.
 * `p50`, `p99`, `in 100 ms`: when the first event came, in milliseconds from the call. Ends with 1 where a promise is broken.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { quantile } from 'simple-statistics';
import { generateSessions } from '../data/generate-sessions.mjs';
import { openEngine } from '../dist/index.js';
import { sessionQueries } from './suite/session-queries.mjs';
import { sessionSamples as samples } from './suite/tables.mjs';
import { streamCases, watchSeeds, watchStream } from './stream-seeds.mjs';

const generated = fileURLToPath(new URL('../data/generated/', import.meta.url));
const methods = { uniform: 'UNIFORM 100000 ROWS', strata: 'STRATIFIED BY (os, genre) CAP 1250' };
const missesMax = 1.1 * 0.05;
const missesBeforeLastMax = 0.1 * 0.05;
const firstMsMax = 100;
const coldOpens = 5;
const warmRuns = 20;

/** Most of `trials` that chance lets happen, each with the same probability: its 99 % point. @param {number} trials @param {number} probability */
function mostByChance(trials, probability) {
  let [term, sum, count] = [(1 - probability) ** trials, 0, 0];
  for (sum = term; sum < 0.99; count++) {
    term *= ((trials - count) / (count + 1)) * (probability / (1 - probability));
    sum += term;
  }
  return count;
}

const round = (/** @type {number} */ ms) => ms.toFixed(ms < 10 ? 1 : 0);
/** @param {readonly number[]} times */
function firstEvents(times) {
  const soon = times.filter((ms) => ms <= firstMsMax).length / times.length;
  return [round(quantile(times, 0.5)), round(quantile(times, 0.99)), `${(100 * soon).toFixed(1)} %`];
}

/** Rows of text with their columns aligned. @param {readonly (readonly string[])[]} rows */
function print(rows) {
  const widths = rows[0].map((_, place) => Math.max(...rows.map((row) => row[place].length)));
  for (const row of rows)
    console.log(
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '),
    );
}

/** Watches streams over many seeds. @param {number} rows @param {number} seeds */
async function showSeeds(rows, seeds) {
  await withSessions(rows, async (engine) => {
    const numbers = Array.from({ length: seeds }, (_, place) => place + 1);
    const tallies = await watchSeeds(engine, methods, numbers, (done) => {
      if (done % 25 === 0) console.error(`… ${done} of ${seeds} seeds`);
    });
    console.log(
      `\n${seeds} seeds, ${rows.toLocaleString('en-US')} sessions; ${Object.values(methods).join(', ')}\n`,
    );
    const head = ['stream', 'shown', 'certified', 'missed', 'at most', 'before last', 'at most', 'other last', 'disorder', 'p50', 'p99', 'in 100 ms']; // prettier-ignore
    print([
      head,
      ...tallies.map((tally) => {
        const most = mostByChance(tally.certified, missesMax);
        const mostBefore = mostByChance(tally.certified, missesBeforeLastMax);
        const { missed, missedBeforeLast, different, disordered } = tally;
        if (missed > most || missedBeforeLast > mostBefore || different + disordered > 0)
          process.exitCode = 1;
        const share = `${missed} (${((100 * missed) / tally.certified).toFixed(1)} %)`;
        const counts = [tally.certified, share, most, missedBeforeLast, mostBefore, different, disordered];
        const shown = (tally.shown / tally.streams).toFixed(1);
        return [tally.case.name, shown, ...counts.map(String), ...firstEvents(tally.firstMs)];
      }),
    ]);
  });
}

/** Measures how soon first events come over large samples: in an engine that was just opened, and later. @param {number} rows */
async function showFirstEvents(rows) {
  await withSessions(rows, async (engine, reopen) => {
    for (const { name, method } of samples)
      await engine.query(`CREATE SAMPLE ${name} ON sessions ${method} SEED 1`);
    const statements = [...streamCases, ...sessionQueries.filter(({ moments }) => moments !== null)];
    const lines = [
      ['first event after', 'p50', 'p99', 'in 100 ms', '  cold p50', 'p99', 'in 100 ms', '  groups'],
    ];
    for (const { name, sql } of new Map(statements.map((each) => [each.sql, each])).values()) {
      const [cold, warm] = [[], []];
      let groups = 0;
      for (let open = 0; open < coldOpens; open++) {
        const own = await reopen();
        cold.push((await watchStream(own, sql)).firstMs);
        for (let run = 0; run < warmRuns; run++) {
          const { answers, firstMs } = await watchStream(own, sql);
          warm.push(firstMs);
          groups = answers.at(-1).rows.length;
        }
      }
      lines.push([name, ...firstEvents(warm), ...firstEvents(cold), String(groups)]);
    }
    console.log(
      `\nsamples of ${rows.toLocaleString('en-US')} sessions: ${samples.map(({ method }) => method).join(', ')}\n`,
    );
    print(lines);
  });
}

/**
 * An engine over so many sessions, in a folder that goes away.
 * @param {number} rows
 * @param {(engine: import('../dist/index.js').Engine, reopen: () => Promise<import('../dist/index.js').Engine>) => Promise<void>} use
 */
async function withSessions(rows, use) {
  const { path } = await generateSessions({
    path: join(generated, `sessions-${rows}.parquet`),
    rows,
    seed: 1,
  });
  const dataDir = await mkdtemp(join(generated, 'streams-'));
  const open = () => openEngine({ dataDir, allowedPaths: [generated] });
  let engine = await open();
  const reopen = async () => {
    await engine.close();
    return (engine = await open());
  };
  try {
    await engine.query(`CREATE TABLE sessions FROM '${path}'`);
    await use(engine, reopen);
  } finally {
    await engine.close();
    await rm(dataDir, { recursive: true });
  }
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    rows: { type: 'string', default: '2000000' },
    large: { type: 'string', default: '0' },
  },
});
const [seeds, rows, large] = [values.seeds, values.rows, values.large].map(Number);
for (const number of [seeds, rows, large]) {
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError('--seeds, --rows and --large must be whole numbers');
}
if (seeds > 0) await showSeeds(rows, seeds);
if (large > 0) await showFirstEvents(large);
