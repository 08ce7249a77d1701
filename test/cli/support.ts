import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { Estimate, JsonCell, QueryResultJson, ResultColumn } from '../../src/index.ts';
import { runCli } from '../../src/cli/run-cli.ts';

/** A stream that keeps what is written to it. */
export class Kept extends Writable {
  text = '';
  isTTY = false;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString();
    done();
  }

  /** Resolves when the text has the part, counted from a place. */
  async waitFor(part: string, from = 0): Promise<void> {
    for (let tries = 0; !this.text.includes(part, from); tries++) {
      if (tries > 2000) throw new Error(`waited for ${part}, found ${this.text.slice(from)}`);
      await new Promise((resume) => setTimeout(resume, 5));
    }
  }
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Carries out a command line in this process. */
export async function run(
  argv: readonly string[],
  {
    input = '',
    signal = new AbortController().signal,
  }: { readonly input?: string | Uint8Array; readonly signal?: AbortSignal } = {},
): Promise<Ran> {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const stdin = Readable.from([Buffer.from(input)], { objectMode: false });
  const code = await runCli(argv, { stdin, stdout, stderr, signal });
  return { code, out: stdout.text, err: stderr.text };
}

/** A terminal to type into. */
export function terminal(): {
  readonly stdin: PassThrough & { isTTY: true };
  readonly stdout: Kept;
  readonly stderr: Kept;
} {
  const [stdout, stderr] = [new Kept(), new Kept()];
  stdout.isTTY = true;
  return { stdin: Object.assign(new PassThrough(), { isTTY: true as const }), stdout, stderr };
}

/** A temporary folder with the options that make it the place of everything. */
export interface Workplace {
  readonly folder: string;
  /** Global options of the command. */
  readonly options: readonly string[];
  /** Writes a file. @returns its path */
  write(name: string, content: string): Promise<string>;
  remove(): Promise<void>;
}

export async function makeWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'ballpark-test-'));
  return {
    folder,
    options: ['--data-dir', join(folder, 'data'), '--allow', folder],
    async write(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A CSV of so many people: name, city (three, very unequal), age. */
export function peopleCsv(count: number): string {
  const lines = Array.from({ length: count }, (_, row) => {
    const city = row % 100 === 0 ? 'Ely' : row % 3 === 0 ? 'York' : 'Bath';
    return `person ${row},${city},${(row * 7919) % 90}`;
  });
  return ['name,city,age', ...lines, ''].join('\n');
}

/** An estimate with some of its parts given. */
export function estimate(parts: Partial<Estimate>): Estimate {
  return {
    value: 0,
    low: null,
    high: null,
    stdError: 1,
    relativeError: null,
    confidence: 0.95,
    exact: false,
    certified: true,
    reasons: [],
    support: 100,
    ...parts,
  };
}

/** An answer with these columns and rows; the rest is of no account. */
export function answer(
  columns: readonly (readonly [name: string, type: string, role?: ResultColumn['role']])[],
  rows: readonly (readonly JsonCell[])[],
  summary: Partial<QueryResultJson['answer']> = {},
  marks: QueryResultJson['marks'] = null,
): QueryResultJson {
  return {
    queryId: 'q',
    final: true,
    columns: columns.map(([name, type, role = 'exact']) => ({ name, type, role })),
    rowCount: rows.length,
    truncated: false,
    rows,
    marks,
    answer: {
      mode: 'exact',
      requested: {},
      degraded: null,
      achieved: { maxRelativeError: 0, elapsedMs: 4.1 },
      predicted: null,
      met: true,
      sample: null,
      reason: 'because',
      tasks: { planned: 0, completed: 0, discarded: 0 },
      intervals: null,
      choice: null,
      missingGroupRowsMax: 0,
      missingRowsMax: 0,
      stale: null,
      timings: { parseMs: 0, planMs: 0, executeMs: 0, estimateMs: 0, totalMs: 0 },
      notes: [],
      ...summary,
    },
  };
}
