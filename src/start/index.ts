import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bundle } from './bundle.ts';

/*
 * start: loads the bundled program, compiled where that was done ahead.
 * In: the name of a file of the bundle. Out: what it exports.
 * Always: compiled code runs only for the very text that it was compiled from; where it is missing, damaged, or of another version of
 * Node.js, the text is compiled as usual. Nothing is written but on request, when the program is built (scripts/compile-ahead.mjs).
 */
export { Bundle } from './bundle.ts';

/** The folder of the bundle: that of this file, which is bundled itself. */
export const bundleFolder: string = dirname(fileURLToPath(import.meta.url));

const program = new Bundle(bundleFolder);

/** What a file of the program exports. @param name of the file */
export function loadBundle(name: string): unknown {
  return program.load(name);
}
