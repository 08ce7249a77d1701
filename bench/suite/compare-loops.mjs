import { measureInTurns, turns } from '../measure.mjs';
import { readSampleArrays } from '../sample-rows.mjs';
import { bestLoops } from './best-loops.mjs';
import { executorTimes } from './compare-moments.mjs';
import { cellsOf, loopInput } from './loop-input.mjs';
import { naiveLoops } from './naive-loops.mjs';
import { open, withSample } from './tables.mjs';

/** @typedef {import('./loop-input.mjs').LoopInput} LoopInput */

/** Sums agree to this share of the largest of their kind. */
const differenceMax = 1e-9;

/**
 * Compares what the executor adds up over a sample, on one thread, with loops written by hand for the query.
 * @param {import('./tables.mjs').BenchTable} table
 * @param {string} dataDir with all samples, of an engine that is closed
 * @param {ReadonlyMap<string, string>} files of the samples
 * @param {(what: string) => void} note
 */
export async function compareLoops(table, dataDir, files, note) {
  const compared = [];
  for (const { name } of table.samples) {
    const input = loopInput(await readSampleArrays(files.get(name)));
    await withSample(table, dataDir, name, async (copy) => {
      const engine = await open(copy, 1);
      for (const query of table.queries.filter(
        ({ sample, moments }) => sample === name && moments !== null,
      )) {
        note(`loops of ${query.name}`);
        compared.push(await compareQuery(engine, input, query));
      }
      await engine.close();
    });
  }
  return compared.sort((a, b) => table.queries.indexOf(a.query) - table.queries.indexOf(b.query));
}

/** @typedef {Awaited<ReturnType<typeof compareLoops>>} LoopsComparisons */

/** @param {import('../../dist/index.js').Engine} engine @param {LoopInput} input @param {import('./session-queries.mjs').BenchQuery} query */
async function compareQuery(engine, input, query) {
  const own = executorTimes(engine, query);
  const cellCount = cellsOf(input, query.name);
  const sides = {
    own: own.run,
    naive: loopOf(naiveLoops[query.name], input, cellCount),
    best: loopOf(bestLoops[query.name], input, cellCount),
  };
  const measured = await measureInTurns(sides, turns);
  const { naive, best } = measured;
  requireSame(naive.last, best.last, query);
  // Of a group's first estimate, all rows that match.
  const matches = own.rows().reduce((sum, row) => sum + row[query.keys].support, 0);
  const counted = naive.last.reduce((sum, value, place) => (place % 4 === 0 ? sum + value : sum), 0);
  if (counted % matches !== 0)
    throw new Error(`${query.name}: ${matches} rows match, loops count ${counted}`);
  return {
    query,
    rowsRead: own.rowsRead(),
    executeMs: own.executeMs(measured.own.runs),
    naiveMs: naive.ms,
    bestMs: best.ms,
  };
}

/** @param {(input: LoopInput) => (cells: Float64Array) => void} prepare @param {LoopInput} input @param {number} cellCount */
function loopOf(prepare, input, cellCount) {
  const loop = prepare(input);
  const cells = new Float64Array(cellCount * 4);
  return async () => {
    cells.fill(0);
    loop(cells);
    return cells;
  };
}

/** @param {Float64Array} a @param {Float64Array} b @param {import('./session-queries.mjs').BenchQuery} query */
function requireSame(a, b, query) {
  const scale = [0, 0, 0, 0];
  for (const [place, value] of a.entries()) scale[place % 4] = Math.max(scale[place % 4], Math.abs(value));
  const differs = a.findIndex(
    (value, place) => Math.abs(value - b[place]) > differenceMax * scale[place % 4],
  );
  if (differs >= 0) throw new Error(`${query.name}: loops differ, ${a[differs]} and ${b[differs]}`);
}
