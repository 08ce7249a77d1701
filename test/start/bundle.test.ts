import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bundle } from '../../src/start/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ballpark-bundle-'));
  write('part.cjs', 'exports.ten = 10; exports.whole = require("./main.cjs");');
  write('main.cjs', mainText(1));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
/** Of one length for all numbers of one digit. */
const mainText = (number: number): string =>
  `const part = require('./part.cjs');
   exports.sum = () => part.ten + ${number};
   exports.isShared = () => part.whole === exports;
   exports.join = (...parts) => require('node:path').join(...parts);
   exports.places = [__filename, __dirname, require.resolve('./part.cjs')];
   exports.fail = () => { throw new Error('on purpose'); };`;

interface Main {
  sum(): number;
  isShared(): boolean;
  join(...parts: string[]): string;
  readonly places: readonly string[];
  fail(): never;
}
const load = (bundle: Bundle): Main => bundle.load('main.cjs') as Main;

/** Compiles everything and keeps it. */
function compileAhead(): void {
  const bundle = new Bundle(folder);
  const main = load(bundle);
  main.sum();
  expect(bundle.compiledHere).toEqual(['main.cjs', 'part.cjs']);
  bundle.keepCompiled();
}

test.each([false, true])('files do what they do in Node.js; compiled ahead: %s', (isAhead) => {
  if (isAhead) compileAhead();
  const bundle = new Bundle(folder);
  const main = load(bundle);
  expect(bundle.compiledHere.length).toBe(isAhead ? 0 : 2);
  expect([main.sum(), main.isShared(), main.join('a', 'b')]).toEqual([11, true, join('a', 'b')]);
  expect(main.places).toEqual([join(folder, 'main.cjs'), folder, join(folder, 'part.cjs')]);
  expect(bundle.load('main.cjs')).toBe(main);
  const caught = (() => {
    try {
      return main.fail();
    } catch (error) {
      return error as Error;
    }
  })();
  expect(caught.stack).toContain(`${join(folder, 'main.cjs')}:6:`);
});

test('nothing is written unless it is asked for', () => {
  load(new Bundle(folder)).sum();
  expect(existsSync(join(folder, 'main.cjs.compiled'))).toBe(false);
});

test('what was compiled from another text is not run, though it be as long', () => {
  compileAhead();
  write('main.cjs', mainText(2));
  const bundle = new Bundle(folder);
  expect(load(bundle).sum()).toBe(12);
  expect(bundle.compiledHere).toEqual(['main.cjs']);
});

test.each([0, 31, 32, 40, 100, -1])('what was damaged at byte %i is not run', (at) => {
  compileAhead();
  const path = join(folder, 'main.cjs.compiled');
  const bytes = readFileSync(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = bytes[place]! ^ 1; // the file is longer than that
  writeFileSync(path, bytes);
  const bundle = new Bundle(folder);
  expect(load(bundle).sum()).toBe(11);
  expect(bundle.compiledHere).toEqual(['main.cjs']);
});

test.each(['', 'short'])('a file cut to %j is not run', (text) => {
  compileAhead();
  write('main.cjs.compiled', text);
  const bundle = new Bundle(folder);
  expect(load(bundle).sum()).toBe(11);
  expect(bundle.compiledHere).toEqual(['main.cjs']);
});
