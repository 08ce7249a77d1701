/*
 * A process of its own, as a user's first statement meets it: opens an engine, asks once, gives up where it is told when, and prints
 * what came of it. Nothing of an engine that was closed before is in its way.
 *
 *   node bench/deadlines/first-load.mjs '{"dataDir": …, "allowedPath": …, "sql": …, "afterMs": … | null}'
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openEngine } from '../../dist/index.js';
import { cancelOnce } from './cancel-once.mjs';

const file = fileURLToPath(import.meta.url);

/**
 * What a first load takes.
 * @typedef {object} FirstLoad
 * @property {string} dataDir with samples
 * @property {string} allowedPath of the table
 * @property {string} sql
 * @property {number | null} afterMs when to give up; null: it is waited for
 */

/** @param {FirstLoad} load */
async function loadHere({ dataDir, allowedPath, sql, afterMs }) {
  const engine = await openEngine({ dataDir, allowedPaths: [allowedPath] });
  const started = performance.now();
  const cancelled = afterMs === null ? null : await cancelOnce(engine, sql, afterMs);
  if (afterMs === null) await engine.query(sql);
  const tookMs = performance.now() - started;
  await engine.close();
  return { tookMs, cancelled };
}

/**
 * Loads in another process.
 * @param {FirstLoad} load
 * @returns {Promise<Awaited<ReturnType<typeof loadHere>>>}
 */
export async function loadFirst(load) {
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(load)]);
  return JSON.parse(stdout);
}

if (process.argv[1] === file) console.log(JSON.stringify(await loadHere(JSON.parse(process.argv[2]))));
