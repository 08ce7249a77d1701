import { type Pause, type Pieces, piecewise, withPauses } from '../common/index.ts';
import {
  allocate,
  bitmapBytes,
  codeStorage,
  type ColumnArray,
  type Dictionary,
  isValid,
  mergeDictionaries,
  setValid,
} from '../columns/index.ts';
import { type Column, type HeldColumn, priorityColumnName, stratumColumnName } from '../samples/index.ts';
import type { SampledColumn, ScannedRows } from '../sources/index.ts';
import type { HeldSample } from './held-sample.ts';
import { prioritiesFrom } from './order-rows.ts';
import { ownColumn } from './sample-columns.ts';

/** Rows of all parts. */
const rowsOf = (parts: readonly HeldSample[]): number => parts.reduce((sum, { rows }) => sum + rows, 0);

const loadAll = (parts: readonly HeldSample[], name: string): Promise<HeldColumn[]> =>
  Promise.all(parts.map((part) => part.load(name, part.rows)));

/**
 * The strata of all rows, those of one part behind those of another, and their priorities.
 * @param places for each part where its strata are in the union
 * @throws QueryError DAMAGED_SAMPLE
 */
export async function joinPlaces(
  parts: readonly HeldSample[],
  places: readonly Int32Array[],
  pause: Pause,
): Promise<Pick<ScannedRows, 'stratum' | 'priority'>> {
  const stratum = new Int32Array(rowsOf(parts));
  const shares = new Float64Array(stratum.length);
  let start = 0;
  for (const [part, { values }] of (await loadAll(parts, stratumColumnName)).entries()) {
    await withPauses(translate(values, places[part]!, stratum, start), pause); // places for each part
    start += values.length;
  }
  start = 0;
  for (const { values } of await loadAll(parts, priorityColumnName)) {
    shares.set(values as Float64Array, start); // written as float64
    start += values.length;
  }
  return { stratum, priority: await withPauses(prioritiesFrom(shares), pause) };
}

/**
 * A column of the merged sample.
 * @param column as the union of the parts is held
 * @param order of its rows, places among all rows of the parts, those of one part behind those of another
 * @throws QueryError DAMAGED_SAMPLE
 */
export async function joinColumn(
  parts: readonly HeldSample[],
  column: SampledColumn,
  order: Int32Array,
  pause: Pause,
): Promise<Column> {
  const loaded = await loadAll(parts, column.name);
  const validity = await withPauses(joinValidity(loaded, rowsOf(parts)), pause);
  if (!column.dictionary) {
    const values = allocate(column.storage, rowsOf(parts)) as Float64Array; // of numbers: no sample holds int64
    let start = 0;
    for (const each of loaded) {
      values.set(each.values as Float64Array, start); // converts: a union's range may need wider integers
      start += each.values.length;
    }
    return await withPauses(ownColumn({ column, values, validity, dictionary: null }, order), pause);
  }
  const { merged, codes } = mergeDictionaries(loaded.map(({ dictionary }) => dictionary!)); // a part of a union with one has one
  const values = new Int32Array(rowsOf(parts));
  let start = 0;
  for (const [part, { values: own }] of loaded.entries()) {
    await withPauses(translate(own, codes[part]!, values, start), pause); // codes for each part
    start += own.length;
  }
  const joined = { column: { ...column, storage: 'int32' }, values, validity, dictionary: merged } as const;
  return await withPauses(withoutUnused(await withPauses(ownColumn(joined, order), pause), merged), pause);
}

/** Writes what each of some places means. @param meaning for each place, and for NULL's code */
function* translate(places: ColumnArray, meaning: Int32Array, into: Int32Array, start: number): Pieces<void> {
  yield* piecewise(places.length, (from, to) => {
    for (let row = from; row < to; row++) into[start + row] = meaning[Number(places[row])]!; // each place has one
  });
}

/** null where no part has NULL. */
function* joinValidity(parts: readonly HeldColumn[], rows: number): Pieces<Uint8Array | null> {
  if (parts.every(({ validity }) => validity === null)) return null;
  const joined = new Uint8Array(bitmapBytes(rows));
  let start = 0;
  for (const { values, validity } of parts) {
    const first = start;
    yield* piecewise(values.length, (from, to) => {
      for (let row = from; row < to; row++)
        if (validity === null || isValid(validity, row)) setValid(joined, first + row);
    });
    start += values.length;
  }
  return joined;
}

/** The column with a dictionary of the texts that its rows have: those of rows that went would gather from merge to merge. */
function* withoutUnused(column: Column, dictionary: Dictionary): Pieces<Column> {
  const used = new Uint8Array(dictionary.length + 1); // NULL's code is the last
  const { values: held } = column;
  yield* piecewise(held.length, (from, to) => {
    for (let row = from; row < to; row++) used[Number(held[row])] = 1;
  });
  const kept = dictionary.filter((_, code) => used[code] === 1);
  const codes = new Int32Array(used.length);
  let next = 0;
  for (let code = 0; code < dictionary.length; code++) codes[code] = used[code] === 1 ? next++ : 0;
  codes[dictionary.length] = kept.length;
  const storage = codeStorage(kept.length);
  const values: ColumnArray = allocate(storage, column.values.length);
  yield* piecewise(values.length, (from, to) => {
    for (let row = from; row < to; row++) values[row] = codes[Number(held[row])]!; // a code for each entry and NULL
  });
  return { ...column, storage, values, dictionary: kept };
}
