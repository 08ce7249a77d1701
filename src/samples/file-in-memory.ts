import type { OpenFile } from '../common/index.ts';

/** Bytes that the device is asked for at once. */
const bytesAtOnce = 2 ** 19;

/** What is read of a file. */
export type ReadableFile = Pick<OpenFile, 'read' | 'close'>;

/**
 * A file all of which will be asked for in small parts: read from end to end, and closed.
 * @param byteLength how long it should be; where it is shorter, reads find fewer bytes
 */
export async function fileInMemory(file: OpenFile, byteLength: number): Promise<ReadableFile> {
  const bytes = new Uint8Array(byteLength);
  let length = 0;
  try {
    for (let read = bytesAtOnce; read === bytesAtOnce; length += read)
      read = await file.read(bytes.subarray(length, length + bytesAtOnce), length);
  } finally {
    await file.close();
  }
  return {
    read(into, position) {
      const found = bytes.subarray(Math.min(position, length), Math.min(position + into.length, length));
      into.set(found);
      return Promise.resolve(found.length);
    },
    close: () => Promise.resolve(),
  };
}
