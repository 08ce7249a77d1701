/*
 * Shows what it costs to take an added file into the samples of a table, as a share of what drawing them anew costs.
 *
 *   npm run appends                              tables of 2, 8 and 32 million rows
 *   npm run appends -- --rows 1000000,4000000    others
 *
 * How to read the output. `anew`: CREATE SAMPLE over all files. `1 %`: REFRESH SAMPLES after a file with a hundredth of the rows was
 * added. `fixed`: the same after one with so many rows for every table. Medians, milliseconds, of rounds that take turns; the shares are
 * what counts, times depend on the machine. Samples: UNIFORM 100,000 ROWS, and 1,000 strata of at most 100 rows. Ends with 1 where
 * 1 % costs more than a fifth of drawing anew, of tables of 8 million rows or more, or the fixed file half as much again at the largest
 * table as at the smallest. Smaller tables are shown only: what is fixed, a tenth of a second and more, is a larger share of drawing
 * them anew, which takes less than a second.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { median } from 'simple-statistics';
import { openEngine } from '../dist/index.js';

const fixedRows = 20_000;
const rounds = 5;
const shareMax = 0.2;
/** Rows of tables from which on the share is judged. */
const judgedFrom = 8_000_000;
const growthMax = 1.5;
const methods = ['UNIFORM 100000 ROWS', 'STRATIFIED BY (g) CAP 100'];

/** Writes rows with numbers from a first one on. @param {string} path @param {number} from @param {number} rows */
async function writeRows(path, from, rows) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT i AS id, (hash(i) % 1000)::INTEGER AS g, hash(i, 1) % 1000000 / 100.0 AS x, (hash(i, 2) % 86400)::INTEGER AS y
      FROM range(${from}, ${from + rows}) t(i)) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}

/** @param {() => Promise<unknown>} work */
async function timed(work) {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** Times both ways over a table of so many rows. @param {number} rows @param {string} method */
async function measure(rows, method) {
  const folder = await mkdtemp(join(tmpdir(), 'ballpark-appends-'));
  const engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder] });
  let [files, total] = [0, 0];
  const add = async (/** @type {number} */ own) => {
    await writeRows(join(folder, `part-${String(++files).padStart(3, '0')}.parquet`), total, own);
    total += own;
  };
  const refresh = () => engine.query('REFRESH SAMPLES ON t');
  try {
    await add(rows);
    await engine.query(`CREATE TABLE t FROM '${join(folder, 'part-*.parquet')}'`);
    const times = /** @type {Record<'anew' | 'share' | 'fixed', number[]>} */ ({
      anew: [],
      share: [],
      fixed: [],
    });
    for (let round = 0; round < rounds; round++) {
      await engine.query('DROP SAMPLE IF EXISTS s');
      times.anew.push(await timed(() => engine.query(`CREATE SAMPLE s ON t ${method} SEED 1`)));
      await add(rows / 100);
      times.share.push(await timed(refresh));
      await add(fixedRows);
      times.fixed.push(await timed(refresh));
    }
    return { anew: median(times.anew), share: median(times.share), fixed: median(times.fixed) };
  } finally {
    await engine.close();
    await rm(folder, { recursive: true });
  }
}

const { values } = parseArgs({ options: { rows: { type: 'string', default: '2000000,8000000,32000000' } } });
const sizes = values.rows.split(',').map(Number);
if (!sizes.every((rows) => Number.isSafeInteger(rows) && rows >= 100_000))
  throw new RangeError('--rows must be whole numbers, 100000 or more, with commas between');

const ms = (/** @type {number} */ value) => value.toFixed(0).padStart(8);
for (const method of methods) {
  console.log(`\n${method}\n      rows     anew      1 %    share    fixed`);
  const fixed = [];
  for (const rows of sizes) {
    const found = await measure(rows, method);
    const share = found.share / found.anew;
    fixed.push(found.fixed);
    if (rows >= judgedFrom && share > shareMax) process.exitCode = 1;
    console.log(
      `${String(rows).padStart(10)} ${ms(found.anew)} ${ms(found.share)} ${`${(100 * share).toFixed(1)} %`.padStart(8)} ${ms(found.fixed)}`,
    );
  }
  const growth = fixed.at(-1) / fixed[0];
  console.log(
    `${fixedRows} rows more cost ${growth.toFixed(2)} times as much at the largest table as at the smallest`,
  );
  if (growth > growthMax) process.exitCode = 1;
}
