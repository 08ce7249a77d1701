import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderAnswer } from '../../src/cli/render-answer.ts';
import { renderSummary } from '../../src/cli/render-summary.ts';
import {
  type Engine,
  openEngine,
  QueryError,
  type QueryOptions,
  type QueryResult,
  splitStatements,
} from '../../src/index.ts';

/*
 * The examples of the documents, from top to bottom. A fence says what is to happen:
 *
 *   sql                  every statement has an answer
 *   sql params JSON      the same, with these parameters
 *   sql error CODE       every statement ends with this error
 *   text                 behind a block of sql: what the command line prints for its last statement, but for the time
 *
 * Behind a statement `-- mode` names its route, and `-- mode: a, b` the first row of its answer too.
 */

const root = join(import.meta.dirname, '../..');

interface Block {
  /** What stands behind the opening fence. */
  readonly info: string;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly info: string; readonly line: number; readonly lines: string[] } | null = null;
  for (const [place, line] of readFileSync(join(root, document), 'utf8').split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === null) open = { info: fence[1]!, line: place + 1, lines: [] };
    else {
      blocks.push({ ...open, text: open.lines.join('\n') });
      open = null;
    }
  }
  return blocks;
}

interface Expectation {
  readonly mode: string;
  /** The cells of the first row; undefined: not said. */
  readonly row: string | undefined;
}

/** The statements of a block with what the comments behind them say. */
function statementsOf({ text }: Block): { sql: string; expected: Expectation | null }[] {
  return splitStatements(text).map(({ text: sql, start }) => {
    const behind = text.slice(start + sql.length).split('\n')[0];
    const said = /^; *-- (approximate|exact|precomputed)(?:: (.*))?$/.exec(behind ?? '');
    return { sql, expected: said === null ? null : { mode: said[1]!, row: said[2] } };
  });
}

function firstRow({ rows }: QueryResult): string {
  return (rows[0] ?? []).map((cell) => (cell === null ? 'NULL' : String(cell))).join(', ');
}

function printed(result: QueryResult, sql: string): string {
  const json = result.toJSON();
  return `${renderAnswer(json, undefined)}\n${renderSummary(json, sql)}`;
}

/** Times are those of the machine. */
const withoutTime = (text: string): string => text.replace(/ · [\d.,]+ m?s$/m, '');

async function errorCodeOf(engine: Engine, sql: string): Promise<string> {
  try {
    await engine.query(sql);
  } catch (error) {
    if (error instanceof QueryError) return error.code;
    throw error;
  }
  return 'no error';
}

describe.each(['README.md', 'docs/sql.md'])('%s', (document) => {
  const blocks = blocksOf(document);
  const examples = blocks.filter(({ info }) => /^sql\b/.test(info));
  let folder: string;
  let engine: Engine;
  /** The last statement of each block, and its answer. */
  const last = new Map<Block, { readonly sql: string; readonly result: QueryResult }>();

  beforeAll(async () => {
    process.chdir(root); // paths of the examples begin there
    folder = mkdtempSync(join(tmpdir(), 'ballpark-docs-'));
    engine = await openEngine({ dataDir: folder });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has examples', () => expect(examples.length).toBeGreaterThan(0));

  test.each(examples)('line $line', async (block) => {
    const [, kind, rest] = /^sql(?: (\w+) (.*))?$/.exec(block.info) ?? [];
    const options: QueryOptions =
      kind === 'params' ? { params: JSON.parse(rest!) as NonNullable<QueryOptions['params']> } : {}; // the document's own
    for (const { sql, expected } of statementsOf(block)) {
      if (kind === 'error') {
        expect(await errorCodeOf(engine, sql), sql).toBe(rest);
        continue;
      }
      const result = await engine.query(sql, options);
      last.set(block, { sql, result });
      if (expected === null) continue;
      expect(result.answer.mode, sql).toBe(expected.mode);
      if (expected.row !== undefined) expect(firstRow(result), sql).toBe(expected.row);
    }
  });

  const outputs = blocks.filter(({ info }, place) => info === 'text' && blocks[place - 1]?.info === 'sql');
  test.skipIf(outputs.length === 0).each(outputs)('output at line $line', (block) => {
    const { sql, result } = last.get(blocks[blocks.indexOf(block) - 1]!)!; // its example ran before
    expect(withoutTime(printed(result, sql))).toBe(withoutTime(block.text));
  });
});
