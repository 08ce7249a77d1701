import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

interface Loaded {
  readonly module: { exports: unknown };
  readonly source: Buffer;
  readonly script: Script;
  readonly wasCompiled: boolean;
}

/** What the text of a file becomes. */
type Body = (exports: unknown, require: unknown, module: unknown, file: string, folder: string) => void;

/**
 * CommonJS files in one folder. Node.js loads such files too, but compiles them anew in each process, function by function; here what
 * an earlier process compiled (`keepCompiled`) is taken from beside them. They hold no `import()`, for which Node 20 would warn.
 */
export class Bundle {
  private readonly loaded = new Map<string, Loaded>();

  constructor(private readonly folder: string) {}

  /**
   * What a file exports. What it requires from beside it is loaded alike, all else by Node.js.
   * @param name of the file
   */
  load(name: string): unknown {
    const known = this.loaded.get(name);
    if (known !== undefined) return known.module.exports;
    const path = join(this.folder, name);
    const source = readFileSync(path);
    const compiled = compiledFrom(path, source);
    // In ASCII, as it is built, it takes half the memory, and no decoding.
    const own = source.toString(isAscii(source) ? 'latin1' : 'utf8');
    const text = `(function (exports, require, module, __filename, __dirname) {${own}\n})`;
    const script = new Script(text, { filename: path, cachedData: compiled });
    const module = { exports: {} as unknown };
    // V8 refuses what it has compiled under other flags.
    const wasCompiled = compiled !== undefined && script.cachedDataRejected === false;
    this.loaded.set(name, { module, source, script, wasCompiled });
    const outside = createRequire(path);
    const inside = (id: string): unknown => (id.startsWith('./') ? this.load(id.slice(2)) : outside(id));
    const require = Object.assign(inside, { resolve: outside.resolve });
    const body = script.runInThisContext() as Body; // the text is one function
    body(module.exports, require, module, path, this.folder);
    return module.exports;
  }

  /** Files that were loaded and had to be compiled. */
  get compiledHere(): readonly string[] {
    return [...this.loaded].filter(([, { wasCompiled }]) => !wasCompiled).map(([name]) => name);
  }

  /** Keeps what has been compiled by now of the files that were loaded, for processes to come. */
  keepCompiled(): void {
    for (const [name, { source, script }] of this.loaded) {
      const compiled = script.createCachedData();
      writeFileSync(besides(join(this.folder, name)), Buffer.concat([sealOf(source, compiled), compiled]));
    }
  }
}

const besides = (path: string): string => `${path}.compiled`;

const sealBytes = 32;

/** Ties compiled code to its text and the machine: V8 compares its version and the lengths of texts, and runs code that is damaged. */
function sealOf(source: Buffer, compiled: Buffer): Buffer {
  return createHash('sha256')
    .update(`${process.version} ${process.arch} `)
    .update(source)
    .update(compiled)
    .digest();
}

function compiledFrom(path: string, source: Buffer): Buffer | undefined {
  let kept: Buffer;
  try {
    kept = readFileSync(besides(path));
  } catch {
    return undefined; // nobody has compiled it ahead
  }
  const compiled = kept.subarray(sealBytes);
  return sealOf(source, compiled).equals(kept.subarray(0, sealBytes)) ? compiled : undefined;
}
