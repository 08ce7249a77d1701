/*
 * A process that opens an engine and answers one statement, and says with how many rows, as JSON:
 * node first-answer.mjs <data folder> <statement>
 */
import { openEngine } from '../../dist/index.js';

const [dataDir, sql] = process.argv.slice(2);
const engine = await openEngine({ dataDir });
const { rows, answer } = await engine.query(sql);
console.log(
  JSON.stringify({ mode: answer.mode, groups: rows.length, rowsRead: answer.sample?.rowsRead ?? 0 }),
);
await engine.close();
