import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bitmapBytes, countValid, isValid, setValid } from '../../src/columns/index.ts';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import {
  type Column,
  ColumnFileReader,
  type ColumnFileManifest,
  writeColumnFile,
} from '../../src/samples/index.ts';

const rows = 1000;
const blockRows = 256;
const folder = mkdtempSync(join(tmpdir(), 'ballpark-columns-'));
const path = join(folder, 'file.arrow');

/** NULL in every third row. */
const validity = new Uint8Array(bitmapBytes(rows));
for (let row = 0; row < rows; row++) if (row % 3 !== 0) setValid(validity, row);
/** NULL only in the last block. */
const lateNulls = new Uint8Array(bitmapBytes(rows)).fill(0xff);
lateNulls[124] = 0x0f;

const texts = ['', 'a', 'é', '日本', '😀'];
const columns: readonly Column[] = [
  {
    name: 'whole',
    sqlType: 'INTEGER',
    storage: 'int16',
    values: Int16Array.from({ length: rows }, (_, row) => row - 500),
    validity,
    dictionary: null,
  },
  {
    name: 'real',
    sqlType: 'DOUBLE',
    storage: 'float64',
    values: Float64Array.from({ length: rows }, (_, row) => row / 7),
    validity: lateNulls,
    dictionary: null,
  },
  {
    name: 'text',
    sqlType: 'VARCHAR',
    storage: 'uint8',
    values: Uint8Array.from({ length: rows }, (_, row) =>
      row % 3 === 0 ? texts.length : row % texts.length,
    ),
    validity,
    dictionary: texts,
  },
  {
    name: 'big',
    sqlType: 'BIGINT',
    storage: 'int64',
    values: BigInt64Array.from({ length: rows }, (_, row) => BigInt(row) * 10n ** 15n),
    validity: null,
    dictionary: null,
  },
];

let manifest: ColumnFileManifest;
beforeAll(async () => {
  manifest = await writeColumnFile(nodeFileSystem, path, columns, rows, { blockRows });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (atOnce = false): Promise<ColumnFileReader> =>
  ColumnFileReader.open(nodeFileSystem, path, manifest, atOnce);

describe('a column file', () => {
  test.each([false, true])('comes back as it was written, read at once: %s', async (atOnce) => {
    const reader = await open(atOnce);
    for (const column of columns) {
      const loaded = await reader.load(column.name, rows);
      expect(loaded.values).toEqual(column.values);
      expect(loaded.dictionary).toEqual(column.dictionary);
      for (let row = 0; row < rows; row++) {
        const expected = column.validity === null || isValid(column.validity, row);
        expect(loaded.validity === null || isValid(loaded.validity, row)).toBe(expected);
      }
    }
    await reader.close();
  });

  test('is read as far as it is asked for', async () => {
    const reader = await open();
    const { values } = await reader.load('real', 300);
    // Two blocks of 256 rows are there, the rest is not.
    expect(values[511]).toBeCloseTo(511 / 7);
    expect(values[512]).toBe(0);
    // Doubles, 8 bytes each; 1,000 rows are four blocks, the last of 232 with a bit for each.
    expect([300, 512, 513, rows].map((upTo) => reader.bytesToLoad('real', upTo))).toEqual([
      0,
      0,
      2048,
      2048 + 232 * 8 + 29,
    ]);
    await reader.load('real', 513);
    expect(values[512]).toBeCloseTo(512 / 7);
    await reader.close();
  });

  test('read at once is asked of the device once, and closed', async () => {
    let [reads, closed] = [0, 0];
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(name, mode) {
        const file = await nodeFileSystem.open(name, mode);
        return {
          ...file,
          read: (into, position) => (reads++, file.read(into, position)),
          close: () => (closed++, file.close()),
        };
      },
    };
    const reader = await ColumnFileReader.open(files, path, manifest, true);
    expect([reads, closed]).toEqual([1, 1]);
    const { values } = await reader.load('real', rows);
    expect(values).toEqual(columns[1]!.values);
    expect(reads).toBe(1);
  });

  test('serves loads of one column at once', async () => {
    const reader = await open();
    const loaded = await Promise.all([100, 600, 1000, 300].map((upTo) => reader.load('whole', upTo)));
    expect(new Set(loaded).size).toBe(1);
    expect(loaded[0]!.values).toEqual(columns[0]!.values);
    await reader.close();
  });

  /** Where a block of the first column lies. */
  const blockOf = (block: number) => manifest.columns[0]!.blocks[block]!;

  /** A reader over a device that tells what is read where, and gives it as it likes. */
  async function watched(onRead: (into: Uint8Array, position: number) => Promise<void> | void) {
    const reads: number[] = [];
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(of, mode) {
        const file = await nodeFileSystem.open(of, mode);
        const read = async (into: Uint8Array, position: number): Promise<number> => {
          reads.push(position);
          const bytes = await file.read(into, position);
          await onRead(into, position);
          return bytes;
        };
        return { ...file, read };
      },
    };
    const reader = await ColumnFileReader.open(files, path, manifest);
    await reader.load('whole', blockRows);
    reads.splice(0);
    return { reader, reads };
  }

  test('reads ahead what is loaded next, each part once, and loads nothing by that', async () => {
    const { reader, reads } = await watched(() => undefined);
    const before = reader.bytesToLoad('whole', rows);
    reader.readAhead('real', rows); // not begun
    reader.readAhead('whole', 3 * blockRows);
    reader.readAhead('whole', 3 * blockRows);
    expect(reader.bytesToLoad('whole', rows)).toBe(before);
    const loads = [2, 3, 4].map((blocks) => reader.load('whole', blocks * blockRows));
    reader.readAhead('whole', rows);
    const [loaded] = await Promise.all(loads);
    expect(loaded!.values).toEqual(columns[0]!.values);
    expect(reads.length).toBe(6); // three blocks, with their validity
    expect(new Set(reads).size).toBe(6);
    reader.readAhead('whole', rows);
    expect(reads.length).toBe(6);
    await reader.close();
  });

  test('tells of damage and of a device in trouble in what it read ahead where that is loaded, and reads it anew then', async () => {
    for (const [code, spoil] of [
      ['DAMAGED_SAMPLE', (into: Uint8Array) => void (into[7]! ^= 1)],
      ['EIO', () => Promise.reject(Object.assign(new Error('planted'), { code: 'EIO' }))],
    ] as const) {
      let isSpoilt = true;
      const { reader } = await watched((into, position) =>
        isSpoilt && position === blockOf(2).values.offset ? spoil(into) : undefined,
      );
      reader.readAhead('whole', rows);
      await reader.load('whole', 2 * blockRows);
      await expect(reader.load('whole', rows)).rejects.toMatchObject({ code });
      isSpoilt = false;
      expect((await reader.load('whole', rows)).values).toEqual(columns[0]!.values);
      await reader.close();
    }
  });

  test('waits for all parts of a block before one of them is read anew', async () => {
    let isFirst = true;
    let goOn = (): void => undefined;
    const met: string[] = [];
    const { reader } = await watched(async (into, position) => {
      if (!isFirst) return;
      if (position === blockOf(1).values.offset) {
        into[7]! ^= 1;
        met.push('wrong values');
      }
      if (position !== blockOf(1).validity?.offset) return;
      met.push('validity');
      await new Promise<void>((resolve) => (goOn = resolve));
    });
    const order: string[] = [];
    const failing = reader.load('whole', 2 * blockRows).catch(() => order.push('failed'));
    while (met.length < 2) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    order.push('read');
    isFirst = false;
    goOn();
    await failing;
    expect(order).toEqual(['read', 'failed']);
    const { values, validity: bits } = await reader.load('whole', 2 * blockRows);
    expect(values.slice(0, 2 * blockRows)).toEqual(columns[0]!.values.slice(0, 2 * blockRows));
    expect(bits!.slice(0, 64)).toEqual(validity.slice(0, 64));
    await reader.close();
  });

  test('is Arrow IPC to any reader', () => {
    const table = tableFromIPC(readFileSync(path));
    expect(table.numRows).toBe(rows);
    for (const row of [0, 1, 2, 255, 256, 999]) {
      expect(table.getChild('whole')!.get(row)).toBe(row % 3 === 0 ? null : row - 500);
      expect(table.getChild('text')!.get(row)).toBe(row % 3 === 0 ? null : texts[row % texts.length]);
      expect(table.getChild('big')!.get(row)).toBe(BigInt(row) * 10n ** 15n);
    }
    expect(table.getChild('real')!.get(997)).toBeNull();
    expect(table.schema.fields[2]!.metadata.get('ballpark.type')).toBe('VARCHAR');
  });

  test('without rows keeps its columns and dictionaries', async () => {
    const empty = columns.map((column) => ({
      ...column,
      values: column.values.subarray(0, 0),
      validity: null,
    }));
    const described = await writeColumnFile(nodeFileSystem, join(folder, 'empty.arrow'), empty, 0);
    const reader = await ColumnFileReader.open(nodeFileSystem, join(folder, 'empty.arrow'), described);
    expect((await reader.load('text', 0)).dictionary).toEqual(texts);
    await reader.close();
    expect(tableFromIPC(readFileSync(join(folder, 'empty.arrow'))).numRows).toBe(0);
  });

  test('with another length is refused', async () => {
    await expect(
      ColumnFileReader.open(nodeFileSystem, path, { ...manifest, byteLength: manifest.byteLength + 1 }),
    ).rejects.toMatchObject({ code: 'DAMAGED_SAMPLE' });
    await expect(
      ColumnFileReader.open(nodeFileSystem, join(folder, 'none.arrow'), manifest),
    ).rejects.toMatchObject({ code: 'DAMAGED_SAMPLE' });
  });
});

test('countValid counts bits up to the last row, whatever is behind it', () => {
  for (let count = 0; count <= 40; count++) {
    const bitmap = new Uint8Array(bitmapBytes(count)).fill(0xff);
    expect(countValid(bitmap, count)).toBe(count);
  }
  expect(countValid(validity, rows)).toBe(666);
});
