import type { FileSystem, OpenFile } from '../../src/common/index.ts';

/** A file system in memory: for tests that write many small files. */
export function memoryFiles(): FileSystem {
  const files = new Map<string, Uint8Array>();
  const openFile = (path: string): OpenFile => ({
    read(into, position) {
      const bytes = files.get(path)!.subarray(position, position + into.length);
      into.set(bytes);
      return Promise.resolve(bytes.length);
    },
    write(bytes, position) {
      const old = files.get(path)!;
      const grown = old.length >= position + bytes.length ? old : new Uint8Array(position + bytes.length);
      if (grown !== old) grown.set(old);
      grown.set(bytes, position);
      files.set(path, grown);
      return Promise.resolve();
    },
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
  return {
    stat(path) {
      const bytes = files.get(path);
      return Promise.resolve(
        bytes === undefined ? null : { bytes: bytes.length, modifiedMs: 0, isFolder: false },
      );
    },
    open(path, mode) {
      if (mode === 'create') files.set(path, new Uint8Array(0));
      return Promise.resolve(openFile(path));
    },
    rename(from, to) {
      files.set(to, files.get(from)!);
      files.delete(from);
      return Promise.resolve();
    },
    remove(path) {
      files.delete(path);
      return Promise.resolve();
    },
    makeFolder: () => Promise.resolve(),
    list: () => Promise.resolve([...files.keys()]),
    syncFolder: () => Promise.resolve(),
    realPath: (path) => Promise.resolve(path),
    readable: () => Promise.resolve(true),
  };
}
