/*
 * Compiles the program in dist/ ahead: runs statements as users do, and keeps what V8 has compiled of them beside the bundle, so that
 * the next process does not begin by compiling it. Another version of Node.js compiles for itself.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Bundle, bundleFolder } from '../dist/start.js';

// In ASCII a text takes V8 half the memory, and nobody needs to decode it. Other characters stand in strings, patterns and comments only.
for (const name of await readdir(bundleFolder)) {
  if (!name.endsWith('.cjs')) continue;
  const file = join(bundleFolder, name);
  const text = await readFile(file, 'utf8');
  const escaped = text.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  await writeFile(file, escaped);
}

const folder = await mkdtemp(join(tmpdir(), 'ballpark-compile-'));
const path = join(folder, 'visits.csv');
const kinds = ['a', 'b', 'c'];
const lines = Array.from(
  { length: 20_000 },
  (_, row) => `${row % 997},${kinds[row % 3]},${(row * 7919) % 1000}`,
);
await writeFile(path, `seconds,kind,bytes\n${lines.join('\n')}\n`);

/** @type {readonly (readonly string[])[]} */
const commands = [
  [
    'query',
    `CREATE TABLE visits FROM '${path}';
     CREATE SAMPLE u ON visits UNIFORM 10000 ROWS;
     CREATE SAMPLE s ON visits STRATIFIED BY (kind) CAP 2000;`,
  ],
  ['query', 'SELECT kind, COUNT(*), AVG(bytes) FROM visits WHERE seconds > 100 GROUP BY kind ERROR WITHIN 10%'],
  ['query', '--format', 'json', 'SELECT SUM(bytes), COUNT(*) FROM visits WHERE bytes BETWEEN 10 AND 900 WITHIN 2 SECONDS'],
  ['query', '--format', 'csv', "SELECT AVG(seconds) AS a FROM visits WHERE kind IN ('a', 'b') HAVING COUNT(*) > 3 ORDER BY a LIMIT 2"],
]; // prettier-ignore

const program = new Bundle(bundleFolder);
const { runCli } = /** @type {typeof import('../src/cli/run-cli.ts')} */ (program.load('command.cjs'));
program.load('library.cjs');
let told = '';
const sink = () => new Writable({ write: (chunk, _encoding, done) => ((told += chunk), done()) });
try {
  for (const command of commands) {
    const streams = {
      stdin: process.stdin,
      stdout: sink(),
      stderr: sink(),
      signal: new AbortController().signal,
    };
    const code = await runCli(['--data-dir', folder, '--allow', folder, ...command], streams);
    if (code !== 0) throw new Error(`${command.join(' ')} ends with ${code}:\n${told}`);
  }
} finally {
  await rm(folder, { recursive: true });
}
program.keepCompiled();

const next = new Bundle(bundleFolder);
next.load('command.cjs');
if (next.compiledHere.length > 0) throw new Error(`${next.compiledHere.join(', ')} would be compiled again`);
