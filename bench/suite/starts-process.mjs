/*
 * A process that measures starts and prints the figures as JSON: none of them is to be a child of a process that holds gigabytes, which
 * takes long to bring forth another.
 * node starts-process.mjs <rows of sessions> <data folder> [<folder of data folders that are kept>]
 */
import { measureStarts } from './measure-starts.mjs';
import { sessionsTable } from './tables.mjs';

const [rows, dataDir, kept = null] = process.argv.slice(2);
const note = (/** @type {string} */ what) => console.error(`… ${what}`);
console.log(JSON.stringify(await measureStarts(await sessionsTable(Number(rows)), dataDir, kept, note)));
