import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import type { SampledColumn, ScannedRows } from '../build-scan.ts';
import { type Control, pauseOf } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { ChunkVectors } from './chunk-vectors.ts';
import { notPicked } from './pick-rows.ts';
import { TargetRows } from './target-rows.ts';
import { resultType } from './stored-column.ts';

/** Rows that are picked for one sample, or for several at once. */
export interface PickedRows {
  /**
   * A SELECT of `h0` (INTEGER, the stratum) and `u0` (UBIGINT, the priority) in the first sample, `h1` … in others, {@link notPicked} where
   * a row is not picked for the sample; and of `c0` … as each column's storage wants it.
   */
  readonly sql: string;
  readonly columns: readonly SampledColumn[];
  /** For each sample the places of its own columns among these. */
  readonly parts: readonly (readonly number[])[];
}

/**
 * Picks rows and brings them out of DuckDB into typed arrays. Texts become codes there: no JavaScript string is made for a row. All of that
 * is one statement, which holds the rows while it runs: to keep them in a table takes several times as long. The rows of all samples are one
 * part of its union, and told apart here: with a part for each sample, read as it comes, DuckDB never ends.
 * @returns the rows of each sample
 */
export async function pullRows(
  database: LockedDatabase,
  picked: PickedRows,
  control: Control,
): Promise<ScannedRows[]> {
  const { columns, parts } = picked;
  return await database.query(
    pullStatement(picked),
    async (result) => {
      const head: Head = {
        counts: parts.map(() => null),
        dictionaries: columns.map(({ dictionary }) =>
          dictionary ? { texts: [], size: null, met: 0 } : null,
        ),
      };
      // SQL does not promise that parts of a union come one after the other: rows that are there before all of the head wait for it.
      const waiting: { readonly chunk: ChunkVectors; readonly from: number }[] = [];
      let targets: readonly TargetRows[] | null = null;
      for await (const fetched of chunksOf(result)) {
        control.signal?.throwIfAborted();
        const chunk = new ChunkVectors(fetched);
        const from = readHead(chunk, head);
        if (from < chunk.rows) waiting.push({ chunk, from });
        if (!isWhole(head)) continue;
        targets ??= await makeTargets(picked, head, control);
        for (const each of waiting.splice(0))
          for (const target of targets) target.take(each.chunk, each.from);
      }
      if (targets === null || !targets.every((target) => target.isFull))
        throw new Error('DuckDB ended before all rows were there');
      const scanned: ScannedRows[] = [];
      for (const target of targets) scanned.push(await target.scanned(pauseOf(control)));
      return scanned;
    },
    control,
  );
}

/** Room for the rows of each sample. */
async function makeTargets(
  { columns, parts }: PickedRows,
  { counts, dictionaries }: WholeHead,
  control: Control,
): Promise<TargetRows[]> {
  const targets: TargetRows[] = [];
  for (const [part, places] of parts.entries()) {
    const own = places.map((place) => ({
      column: columns[place]!, // places of them
      texts: dictionaries[place]?.texts ?? null,
      vector: vectorOf(parts, place),
    }));
    const of = { count: counts[part]!, isShared: parts.length > 1, strata: 2 * part, columns: own };
    targets.push(await TargetRows.make(of, pauseOf(control)));
  }
  return targets;
}

/** Where a column is in the result: behind the stratum and the priority in each sample. */
const vectorOf = (parts: PickedRows['parts'], place: number): number => 2 * parts.length + place;

/** The chunks of a result, each fetched while the one before it is used. */
async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk, void, undefined> {
  const fetch = (): Promise<DuckDBDataChunk | null> => {
    const fetched = result.fetchChunk();
    fetched.catch(() => undefined); // it is waited for below
    return fetched;
  };
  let next = fetch();
  try {
    for (;;) {
      const chunk = await next;
      if (chunk === null || chunk.rowCount === 0) return;
      next = fetch();
      yield chunk;
    }
  } finally {
    // Whoever has the connection next must not meet a call of ours.
    await next.catch(() => undefined);
  }
}

/** The texts of a column in their order, as far as they are known. */
interface Texts {
  readonly texts: string[];
  /** How many there are; null: that was not told yet. */
  size: number | null;
  met: number;
}

/** What a result tells beside its rows. */
interface Head {
  /** For each sample the number of its rows; null: it was not told yet. */
  readonly counts: (number | null)[];
  /** For each column; null: it holds no texts. */
  readonly dictionaries: readonly (Texts | null)[];
}
type WholeHead = Head & { readonly counts: readonly number[] };

/** All that rows are to be understood by has been told. */
function isWhole(head: Head): head is WholeHead {
  return (
    !head.counts.includes(null) &&
    head.dictionaries.every((texts) => texts === null || texts.met === texts.size)
  );
}

/** What stands in place of a stratum in rows of the head: of the rows of a sample, of a dictionary's size, and of its entries. */
const marks = (parts: number) => ({
  countOf: (part: number): number => -1 - part,
  sizeOf: (place: number): number => -1 - parts - 2 * place,
  entryOf: (place: number): number => -2 - parts - 2 * place,
});

/** The statement: the head, with negative numbers in place of strata, and the rows, texts as their places in their dictionary. */
function pullStatement({ sql, columns, parts }: PickedRows): string {
  const mark = marks(parts.length);
  const names = columns.map((_, place) => `c${place}`);
  const strata = parts.flatMap((_, part) => [`h${part}`, `u${part}`]);
  const texts = columns.flatMap(({ dictionary }, place) => (dictionary ? [place] : []));
  const nulls = [
    ...parts
      .slice(1)
      .flatMap((_, part) => [`NULL::INTEGER AS h${part + 1}`, `NULL::UBIGINT AS u${part + 1}`]),
    ...columns.map((column, place) => `NULL::${resultType(column)} AS c${place}`),
  ];
  const told = (of: number, number: string, entry: string, from: string): string =>
    `SELECT ${[`${of} AS h0`, `${number}::UBIGINT AS u0`, ...nulls, `${entry} AS entry`].join(', ')} FROM ${from}`;
  const entries = texts.map(
    (place) =>
      `d${place} AS MATERIALIZED (SELECT c${place} AS entry, row_number() OVER (ORDER BY c${place}) - 1 AS code FROM (SELECT DISTINCT c${place} FROM p WHERE c${place} IS NOT NULL))`,
  );
  const head = [
    ...parts.map((_, part) => told(mark.countOf(part), `count(*) FILTER (WHERE h${part} <> ${notPicked})`, 'NULL::VARCHAR', 'p')), // prettier-ignore
    ...texts.flatMap((place) => [
      told(mark.sizeOf(place), 'count(*)', 'NULL::VARCHAR', `d${place}`),
      told(mark.entryOf(place), 'code', 'entry', `d${place}`),
    ]),
  ];
  const coded = names.map((name, place) => (texts.includes(place) ? `d${place}.code::INTEGER` : name));
  const joins = texts.map((place) => `LEFT JOIN d${place} ON c${place} = d${place}.entry`);
  const rows = `SELECT ${[...strata, ...coded, 'NULL'].join(', ')} FROM ${['p', ...joins].join(' ')}`;
  return `WITH ${[`p AS MATERIALIZED (${sql})`, ...entries].join(', ')} ${[...head, rows].join(' UNION ALL ')}`;
}

/** Takes in the rows of a chunk that belong to the head, which come before all others of it. @returns how many they are */
function readHead(vectors: ChunkVectors, head: Head): number {
  const { chunk, rows: all } = vectors;
  const told = vectors.integers(0);
  const rows = told.findIndex((each) => each >= 0);
  const own = rows < 0 ? all : rows;
  if (told.at(-1)! < 0 && own < all) throw new Error('DuckDB has mixed parts of a union'); // no chunk is empty
  if (own === 0) return 0;
  const numbers = chunk.getColumnValues(1);
  const entries = chunk.getColumnValues(chunk.columnCount - 1);
  const first = marks(head.counts.length).sizeOf(0);
  for (let row = 0; row < own; row++) {
    const mark = told[row]!; // row < length
    const number = Number(numbers[row]);
    if (mark > first) {
      head.counts[-1 - mark] = number;
      continue;
    }
    const dictionary = head.dictionaries[Math.floor((first - mark) / 2)]!; // of a column that holds texts
    if ((first - mark) % 2 === 0) dictionary.size = number;
    else {
      dictionary.texts[number] = entries[row] as string; // an entry
      dictionary.met++;
    }
  }
  return own;
}
