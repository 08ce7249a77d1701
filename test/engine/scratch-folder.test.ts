import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemEnvironment } from '../../src/engine/environment.ts';
import { collectScratch, openScratch } from '../../src/engine/scratch-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ballpark-scratch-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('the folder of the living stays, whoever collects', async () => {
  const own = await openScratch(systemEnvironment, root);
  const other = await openScratch(systemEnvironment, root);
  await collectScratch(systemEnvironment, root);
  expect(readdirSync(root)).toHaveLength(2);
  await other.close();
  await collectScratch(systemEnvironment, root);
  expect(readdirSync(root)).toEqual([own.path.slice(root.length + 1)]);
  await own.close();
  expect(readdirSync(root)).toEqual([]);
});

/** Locks a file in a process of its own, as one does that has its folder open. */
const owner = `
const Sqlite = require('better-sqlite3');
const db = new Sqlite(process.argv[2]);
db.exec('BEGIN EXCLUSIVE');
process.send('locked');
setInterval(() => undefined, 1000);`;

test('that of another process goes when the process has ended', async () => {
  const folder = join(root, 'scratch-other');
  mkdirSync(folder);
  writeFileSync(join(folder, 'spilled'), 'x');
  // Where the packages are found.
  const program = join(import.meta.dirname, `../../node_modules/.cache/owner-${process.pid}.cjs`);
  mkdirSync(join(program, '..'), { recursive: true });
  writeFileSync(program, owner);
  const child = fork(program, [join(folder, 'owner')], { execArgv: [] });
  await once(child, 'message');
  child.kill('SIGSTOP');
  await collectScratch(systemEnvironment, root);
  expect(readdirSync(root)).toEqual(['scratch-other']);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  rmSync(program);
  await collectScratch(systemEnvironment, root);
  expect(readdirSync(root)).toEqual([]);
});

test('what is not named so is left alone', async () => {
  writeFileSync(join(root, 'scratch'), 'x');
  mkdirSync(join(root, 'samples'));
  await collectScratch(systemEnvironment, root);
  expect(readdirSync(root).sort()).toEqual(['samples', 'scratch']);
});
