import { bytesOf } from '../columns/index.ts';
import type { OpenFile, Pause } from '../common/index.ts';
import type { BlockCutter } from './block-cutter.ts';
import type { Column, ColumnFileManifest, ColumnManifest, Extent } from './column-file.ts';
import type { EncodedDictionary } from './encode-dictionary.ts';
import { scanMessages } from './scan-messages.ts';
import { sha256 } from './sha256.ts';

/** A buffer's length and hash. */
type Hashed = Omit<Extent, 'offset'>;

/** Of each column the buffers of a block; `validity` is null where no row of it is NULL. */
export type BlockHashes = readonly { readonly values: Hashed; readonly validity: Hashed | null }[];

const hash = (bytes: Uint8Array): Hashed => ({ length: bytes.length, sha256: sha256(bytes) });

function extent(offset: number | undefined, hashed: Hashed): Extent {
  if (offset === undefined) throw new Error('the Arrow writer left a buffer out');
  return { offset, ...hashed };
}

/** Hashes the buffers of a block, and between columns lets go on what is written meanwhile. */
export async function hashBlock(
  block: number,
  cutter: BlockCutter,
  columns: readonly Column[],
  pause: Pause,
): Promise<BlockHashes> {
  const hashes: BlockHashes[number][] = [];
  for (const column of columns) {
    const bits = cutter.validity(column, block);
    hashes.push({
      values: hash(cutter.values(column, block)),
      validity: bits === null ? null : hash(bits),
    });
    await new Promise((resume) => setImmediate(resume));
    await pause();
  }
  return hashes;
}

/** Finds every buffer in the written file and pairs it with the hash of the array it came from. */
export async function describeColumnFile(
  file: OpenFile,
  byteLength: number,
  columns: readonly Column[],
  dictionaries: readonly (EncodedDictionary | null)[],
  hashes: readonly BlockHashes[],
  cutter: BlockCutter,
): Promise<ColumnFileManifest> {
  const messages = await scanMessages(file);
  const batches = messages.filter(({ kind }) => kind === 'batch');
  const dictionaryMessages = messages.filter(({ kind }) => kind === 'dictionary');
  let nextDictionary = 0;
  const described: ColumnManifest[] = [];
  for (const [place, column] of columns.entries()) {
    const encoded = dictionaries[place] ?? null;
    // Dictionary batches have three buffers (validity, offsets, bytes), columns two (validity, values).
    const at = encoded === null ? [] : dictionaryMessages[nextDictionary++]!.bufferOffsets;
    const blocks: ColumnManifest['blocks'][number][] = [];
    for (let block = 0; block < cutter.count; block++) {
      const offsets = batches[block]!.bufferOffsets;
      const { values, validity } = hashes[block]![place]!;
      blocks.push({
        values: extent(offsets[2 * place + 1], values),
        validity: validity === null ? null : extent(offsets[2 * place], validity),
      });
    }
    described.push({
      name: column.name,
      sqlType: column.sqlType,
      storage: column.storage,
      nullable: column.validity !== null,
      dictionary:
        encoded === null
          ? null
          : {
              entries: encoded.offsets.length - 1,
              offsets: extent(at[1], hash(bytesOf(encoded.offsets))),
              bytes: extent(at[2], hash(encoded.bytes)),
            },
      blocks,
    });
  }
  const headBytes = new Uint8Array(batches[0]?.start ?? 0);
  await file.read(headBytes, 0);
  return {
    byteLength,
    rows: cutter.rows,
    blockRows: cutter.blockRows,
    head: extent(0, hash(headBytes)),
    columns: described,
  };
}
