import { measureInTurns, turns } from '../measure.mjs';
import { readSampleArrays } from '../sample-rows.mjs';
import { bestLoops } from './best-loops.mjs';
import { cellsOf, loopInput } from './loop-input.mjs';

/** Rows of a block, over which all loops go before the next one comes. */
const blockRows = 65_536;

/**
 * Compares one pass over a sample that serves several queries, block by block, with a pass for each query. The loops are the best by
 * hand: who computes less waits more for memory, and has more of a pass that is shared.
 * @param {import('./tables.mjs').BenchTable} table
 * @param {ReadonlyMap<string, string>} files of the samples
 * @param {(what: string) => void} note
 */
export async function comparePasses({ samples, queries }, files, note) {
  const compared = [];
  for (const { name } of samples) {
    const own = queries.filter(({ sample, moments }) => sample === name && moments !== null);
    if (own.length < 2) continue;
    note(`passes over ${name}`);
    const input = loopInput(await readSampleArrays(files.get(name)));
    const blocks = blocksOf(input.runs);
    const cells = own.map((query) => new Float64Array(cellsOf(input, query.name) * 4));
    const loops = own.map((query) => blocks.map((runs) => bestLoops[query.name]({ ...input, runs })));
    const sides = await measureInTurns(
      {
        apart: async () => loops.forEach((ofQuery, q) => ofQuery.forEach((loop) => loop(cells[q]))),
        together: async () => blocks.forEach((_, b) => loops.forEach((ofQuery, q) => ofQuery[b](cells[q]))),
      },
      turns,
    );
    compared.push({
      sample: name,
      queries: own.map((query) => query.name),
      rows: input.runs.at(-1),
      apartMs: sides.apart.ms,
      togetherMs: sides.together.ms,
    });
  }
  return compared;
}

/** @typedef {Awaited<ReturnType<typeof comparePasses>>} PassesComparison */

/** The runs of each block. @param {Int32Array} runs (stratum, start, end) triples, in the order of the rows */
function blocksOf(runs) {
  /** @type {number[][]} */
  const blocks = [];
  for (let run = 0; run < runs.length; run += 3) {
    for (let start = runs[run + 1]; start < runs[run + 2];) {
      const block = Math.floor(start / blockRows);
      const end = Math.min(runs[run + 2], (block + 1) * blockRows);
      (blocks[block] ??= []).push(runs[run], start, end);
      start = end;
    }
  }
  return blocks.map((own) => Int32Array.from(own));
}
