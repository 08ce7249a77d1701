/*
 * Measures how often intervals hold the truth: see test/statistical/harness. Prints the cells by what they came to, checks what
 * docs/statistics.md promises, and writes the table there.
 *
 *   npm run coverage              2,000 draws a cell
 *   npm run coverage -- --full    20,000 draws a cell
 *   npm run coverage -- --draws 200 --no-write
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, probit } from 'simple-statistics';
import { startVitest } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
const statisticsFile = join(root, 'docs/statistics.md');
const markers = ['<!-- coverage: begin -->', '<!-- coverage: end -->'];

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    draws: { type: 'string' },
    'no-write': { type: 'boolean', default: false },
  },
});
const draws = Number(options.draws ?? (options.full ? 20_000 : 2000));
if (!Number.isSafeInteger(draws) || draws < 1)
  throw new RangeError('--draws must be a whole number, 1 or more');

/** @typedef {import('../test/statistical/harness/cells.ts').CoverageCell} CoverageCell */

/** @returns {Promise<CoverageCell[]>} */
async function measure() {
  const folder = await mkdtemp(join(tmpdir(), 'ballpark-coverage-'));
  process.env.BALLPARK_DRAWS = String(draws);
  process.env.BALLPARK_COVERAGE_FOLDER = folder;
  try {
    const vitest = await startVitest('test', [], {
      run: true,
      root,
      config: join(root, 'test/statistical/harness/vitest.config.ts'),
    });
    await vitest.close();
    const files = await readdir(folder);
    const parts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    return parts.flatMap((part) => JSON.parse(part));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const coverageOf = (/** @type {CoverageCell} */ cell) => 1 - (cell.below + cell.above) / cell.intervals;
const certifiedShare = (/** @type {CoverageCell} */ cell) => cell.certified / cell.draws;
const certifiedCoverage = (/** @type {CoverageCell} */ cell) => 1 - cell.certifiedMisses / cell.certified;
const nameOf = (/** @type {CoverageCell} */ { allocation, tail, domain, output, confidence }) =>
  `${output}, ${tail}, ${domain}, ${allocation}, ${confidence * 100} %`;
const percent = (/** @type {number} */ share) =>
  Number.isNaN(share) ? '—' : `${(share * 100).toFixed(1)} %`;

/** The reason that most of a cell's intervals bear. */
const mainReason = (/** @type {CoverageCell} */ { reasons }) =>
  Object.entries(reasons).toSorted(([, a], [, b]) => b.all - a.all)[0]?.[0];

/** The least coverage that does not contradict another, for so many cells at once. */
function contradicted(
  /** @type {number} */ claimed,
  /** @type {number} */ count,
  /** @type {number} */ cells,
) {
  return claimed - probit(1 - 0.05 / cells) * Math.sqrt((claimed * (1 - claimed)) / count);
}

/** Checks each promise. @param {CoverageCell[]} cells @returns {{ promise: string, found: string, kept: boolean }[]} */
function checkPromises(cells) {
  const results = [];
  for (const confidence of [0.95, 0.99]) {
    const alpha = 1 - confidence;
    const own = cells.filter((cell) => cell.confidence === confidence);
    const counts = own.filter(({ output }) => output === 'COUNT(*)');
    const others = own.filter(({ output }) => output !== 'COUNT(*)');
    const trusted = others.filter((cell) => certifiedShare(cell) >= 0.5);
    // At 95 %: 93.5 %, and never below 92.5 %; at other levels the same shares of misses.
    const [least, floor] = [1 - 1.3 * alpha, 1 - 1.5 * alpha];
    const low = trusted.filter(
      (cell) => certifiedCoverage(cell) < contradicted(least, cell.certified, trusted.length),
    );
    const lower = trusted.filter(
      (cell) => certifiedCoverage(cell) < floor - 2 * Math.sqrt((alpha * confidence) / cell.certified),
    );
    const misses = trusted.reduce((sum, cell) => sum + cell.certifiedMisses, 0);
    const certified = trusted.reduce((sum, cell) => sum + cell.certified, 0);
    const pooled = 1 - misses / certified;
    const bad = others.filter((cell) => cell.intervals > draws / 10 && coverageOf(cell) < 1 - 2 * alpha);
    const slipped = bad.filter((cell) => certifiedShare(cell) >= 0.05);
    const good = others.filter(
      (cell) => cell.effectiveSupport / cell.draws >= 100 && coverageOf(cell) >= least,
    );
    const served = good.filter((cell) => certifiedShare(cell) >= 0.5);
    const thin = counts.filter(
      (cell) => coverageOf(cell) < contradicted(1 - 1.2 * alpha, cell.intervals, counts.length),
    );
    const label = `at ${confidence * 100} %`;
    const say = (/** @type {string} */ promise, /** @type {string} */ found, /** @type {boolean} */ kept) =>
      results.push({ promise: `${label}: ${promise}`, found, kept });
    const worst = trusted.toSorted((a, b) => certifiedCoverage(a) - certifiedCoverage(b))[0];
    say(`certified draws cover at least ${percent(least)} in each of ${trusted.length} cells that are mostly certified`, low.length === 0 ? `least ${percent(certifiedCoverage(worst))} (${nameOf(worst)})` : low.map((cell) => `${nameOf(cell)}: ${percent(certifiedCoverage(cell))}`).join('; '), low.length === 0); // prettier-ignore
    say(`none of them below ${percent(floor)}`, `${lower.length}`, lower.length === 0);
    say('pooled over these', percent(pooled), pooled >= 1 - 1.2 * alpha && pooled <= 1 - 0.7 * alpha);
    say(`of ${bad.length} cells that cover less than ${percent(1 - 2 * alpha)} none is certified in 5 % of its draws`, slipped.length === 0 ? 'none' : slipped.map((cell) => `${nameOf(cell)}: ${percent(certifiedShare(cell))}`).join('; '), slipped.length === 0); // prettier-ignore
    say(`at least 80 % of the cells with 100 effective matches and a coverage of ${percent(least)} are certified`, `${served.length} of ${good.length}; not: ${good.filter((cell) => certifiedShare(cell) < 0.5).map((cell) => `${nameOf(cell)} (${mainReason(cell)})`).join('; ')}`, served.length >= 0.8 * good.length); // prettier-ignore
    say(`COUNT covers at least ${percent(1 - 1.2 * alpha)} in each of ${counts.length} cells, down to one match expected`, thin.length === 0 ? `least ${percent(Math.min(...counts.map(coverageOf)))}` : thin.map((cell) => `${nameOf(cell)}: ${percent(coverageOf(cell))}`).join('; '), thin.length === 0); // prettier-ignore
  }
  return results;
}

const grouped = (/** @type {number} */ number) => number.toLocaleString('en-US');
const line = (/** @type {string[]} */ row) => `| ${row.join(' | ')} |`;

/** A table of all cells at 95 %. @param {CoverageCell[]} cells */
function tableOf(cells) {
  const head = ['allocation', 'tail', 'domain', 'output', 'matches', 'below', 'above', 'coverage', 'width', 'certified', 'covers', 'others']; // prettier-ignore
  const rows = cells
    .filter(({ confidence }) => confidence === 0.95)
    .map((cell) => {
      const uncertified = cell.intervals - cell.certified;
      const missedThere = cell.below + cell.above - cell.certifiedMisses;
      return [
        cell.allocation, cell.tail, cell.domain, cell.output, (cell.support / cell.draws).toPrecision(3),
        percent(cell.below / cell.intervals), percent(cell.above / cell.intervals), percent(coverageOf(cell)),
        cell.widths.length === 0 ? '—' : `±${percent(median(cell.widths))}`, percent(certifiedShare(cell)),
        percent(certifiedCoverage(cell)), percent(1 - missedThere / uncertified),
      ]; // prettier-ignore
    });
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What the intervals at 95 % came to that bear a reason, and those that bear it alone. @param {CoverageCell[]} cells */
function reasonsTableOf(cells) {
  /** @type {Map<string, import('../test/statistical/harness/cells.ts').ReasonTally>} */
  const tallies = new Map();
  for (const { reasons } of cells.filter(({ confidence }) => confidence === 0.95)) {
    for (const [reason, own] of Object.entries(reasons)) {
      const sum = tallies.get(reason) ?? { all: 0, misses: 0, alone: 0, aloneMisses: 0 };
      tallies.set(reason, sum);
      for (const count of /** @type {const} */ (['all', 'misses', 'alone', 'aloneMisses']))
        sum[count] += own[count];
    }
  }
  const head = ['reason', 'intervals', 'cover', 'with no other reason', 'cover'];
  const rows = [...tallies].map(([reason, { all, misses, alone, aloneMisses }]) => [
    `\`${reason}\``, grouped(all), percent(1 - misses / all), grouped(alone), percent(1 - aloneMisses / alone),
  ]); // prettier-ignore
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const cells = await measure();
const promises = checkPromises(cells);
const summary = promises
  .map(({ promise, found, kept }) => `- ${kept ? '✓' : '✗'} ${promise}: ${found}`)
  .join('\n');
const table = `${reasonsTableOf(cells)}\n\n${tableOf(cells)}`;
console.log(`${table}\n\n${grouped(draws)} draws a cell\n\n${summary}`);
if (!options['no-write']) {
  const text = await readFile(statisticsFile, 'utf8');
  const [before, rest] = text.split(markers[0]);
  const after = rest.split(markers[1])[1];
  const body = `${grouped(draws)} draws a cell.\n\n${summary}\n\n${table}`;
  await writeFile(statisticsFile, `${before}${markers[0]}\n\n${body}\n\n${markers[1]}${after}`);
}
process.exitCode = promises.every(({ kept }) => kept) ? 0 : 1;
