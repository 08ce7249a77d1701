import * as arrow from 'apache-arrow';
import type { Storage } from '../columns/index.ts';
import { type FileSystem, type Pause, withoutPause, withPauses } from '../common/index.ts';
import { BlockCutter } from './block-cutter.ts';
import { type Column, type ColumnFileManifest, defaultBlockRows } from './column-file.ts';
import { type BlockHashes, describeColumnFile, hashBlock } from './describe-column-file.ts';
import { encodeDictionary, type EncodedDictionary } from './encode-dictionary.ts';
import { FileAppender } from './file-appender.ts';

const arrowTypes: Readonly<Record<Storage, () => arrow.DataType>> = {
  int8: () => new arrow.Int8(),
  int16: () => new arrow.Int16(),
  int32: () => new arrow.Int32(),
  int64: () => new arrow.Int64(),
  uint8: () => new arrow.Uint8(),
  uint16: () => new arrow.Uint16(),
  float32: () => new arrow.Float32(),
  float64: () => new arrow.Float64(),
};

/** The Arrow schema with one dictionary vector for each column that has one. */
function describe(
  columns: readonly Column[],
  dictionaries: readonly (EncodedDictionary | null)[],
): { schema: arrow.Schema; vectors: (arrow.Vector | null)[] } {
  const fields = columns.map((column, place) => {
    const plain = arrowTypes[column.storage]();
    const type =
      dictionaries[place] === null
        ? plain
        : new arrow.Dictionary(new arrow.Utf8(), plain as arrow.Int32, place); // codes are integers
    return new arrow.Field(
      column.name,
      type,
      column.validity !== null,
      new Map([['ballpark.type', column.sqlType]]),
    );
  });
  const vectors = dictionaries.map((dictionary) =>
    dictionary === null
      ? null
      : arrow.makeVector(
          arrow.makeData({
            type: new arrow.Utf8(),
            length: dictionary.offsets.length - 1,
            nullCount: 0,
            valueOffsets: dictionary.offsets,
            data: dictionary.bytes,
          }),
        ),
  );
  return { schema: new arrow.Schema(fields), vectors };
}

function makeBatch(
  block: number,
  cutter: BlockCutter,
  columns: readonly Column[],
  schema: arrow.Schema,
  vectors: readonly (arrow.Vector | null)[],
): arrow.RecordBatch {
  const length = cutter.rowsOf(block);
  const start = block * cutter.blockRows;
  const children = columns.map((column, place) => {
    const bits = cutter.validity(column, block);
    const dictionary = vectors[place];
    return arrow.makeData({
      type: schema.fields[place]!.type as arrow.Float64, // makeData is typed for each type alone; the layout is the same
      length,
      nullCount: bits === null ? 0 : cutter.nulls(bits, block),
      ...(bits === null ? {} : { nullBitmap: bits }),
      data: column.values.subarray(start, start + length) as Float64Array, // the storage's own array
      ...(dictionary ? { dictionary } : {}),
    });
  });
  const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, struct);
}

/** What the Arrow writer makes of a batch, as it makes it: headers, and views of the columns. */
class MadeChunks extends arrow.AsyncByteQueue {
  private chunks: Uint8Array[] = [];

  override write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }
  take(): readonly Uint8Array[] {
    const taken = this.chunks;
    this.chunks = [];
    return taken;
  }
}

/** How a column file is written. */
export interface WriteOptions {
  /** Rows of a block, a multiple of 8. */
  readonly blockRows?: number;
  /** Lets others go on between blocks. */
  readonly pause?: Pause;
}

/**
 * Writes columns as an Arrow IPC file.
 * @param path a file that is not there yet
 * @param columns all with `rows` rows
 * @returns the manifest to read it with; its hashes are of the arrays, not of what the device gave back
 */
export async function writeArrowFile(
  files: FileSystem,
  path: string,
  columns: readonly Column[],
  rows: number,
  { blockRows = defaultBlockRows, pause = withoutPause }: WriteOptions = {},
): Promise<ColumnFileManifest> {
  const cutter = new BlockCutter(rows, blockRows);
  const dictionaries: (EncodedDictionary | null)[] = [];
  for (const { dictionary } of columns)
    dictionaries.push(dictionary === null ? null : await withPauses(encodeDictionary(dictionary), pause));
  const { schema, vectors } = describe(columns, dictionaries);
  const file = await files.open(path, 'create');
  const appender = new FileAppender(file);
  try {
    const writer = new arrow.RecordBatchFileWriter();
    const made = new MadeChunks();
    writer.reset(made, schema);
    const hashes: BlockHashes[] = [];
    // An empty table still needs its schema and dictionaries: a batch without rows carries them.
    for (let block = 0; block < Math.max(1, cutter.count); block++) {
      writer.write(makeBatch(block, cutter, columns, schema, vectors));
      const before = appender.append(made.take());
      // Hashed while it is written, which takes as long.
      hashes.push(await hashBlock(block, cutter, columns, pause));
      await before;
    }
    writer.close();
    await appender.append(made.take());
    const byteLength = await appender.finish();
    const manifest = await describeColumnFile(file, byteLength, columns, dictionaries, hashes, cutter);
    await appender.synced();
    return manifest;
  } finally {
    // Nothing may be written any more when the file closes.
    await appender.settle();
    await file.close();
  }
}
