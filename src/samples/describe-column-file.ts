import { bytesOf } from '../columns/index.ts';
import type { OpenFile, Pause } from '../common/index.ts';
import type { BlockCutter } from './block-cutter.ts';
import type { Column, ColumnFileManifest, ColumnManifest, Extent } from './column-file.ts';
import type { EncodedDictionary } from './encode-dictionary.ts';
import { scanMessages } from './scan-messages.ts';
import { sha256 } from './sha256.ts';

function extent(offset: number | undefined, bytes: Uint8Array): Extent {
  if (offset === undefined) throw new Error('the Arrow writer left a buffer out');
  return { offset, length: bytes.length, sha256: sha256(bytes) };
}

/** Finds every buffer in the written file and pairs it with the hash of the array it came from. */
export async function describeColumnFile(
  file: OpenFile,
  byteLength: number,
  columns: readonly Column[],
  dictionaries: readonly (EncodedDictionary | null)[],
  cutter: BlockCutter,
  pause: Pause,
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
      const bits = cutter.validity(column, block);
      blocks.push({
        values: extent(offsets[2 * place + 1], cutter.values(column, block)),
        validity: bits === null ? null : extent(offsets[2 * place], bits),
      });
      await pause();
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
              offsets: extent(at[1], bytesOf(encoded.offsets)),
              bytes: extent(at[2], encoded.bytes),
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
    head: extent(0, headBytes),
    columns: described,
  };
}
