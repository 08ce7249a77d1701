import { constants } from 'node:fs';
import { access, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { QueryError } from './query-error.ts';

export interface FileStat {
  readonly bytes: number;
  /** Time of the last change, milliseconds since 1970, with decimals. */
  readonly modifiedMs: number;
  readonly isFolder: boolean;
}

/** An open file. Positions and lengths in bytes. */
export interface OpenFile {
  /** Fills `into` from a position. @returns bytes read; fewer than asked only at the file's end */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all bytes at a position. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Returns when the file's bytes are on the device. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The file system as Ballpark uses it. Injected, so that tests can make its calls fail. */
export interface FileSystem {
  /** null where nothing is there. */
  stat(path: string): Promise<FileStat | null>;
  /** `create` makes a new file, to write and to read, and fails where one is. */
  open(path: string, mode: 'read' | 'create'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Makes the folder and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Names of what is in the folder. */
  list(path: string): Promise<string[]>;
  /** Returns when the folder's entries (new names, renames) are on the device. */
  syncFolder(path: string): Promise<void>;
  /** The path with all symbolic links followed. */
  realPath(path: string): Promise<string>;
  readable(path: string): Promise<boolean>;
}

/** A path too long, or of links that lead in a circle, names nothing either. */
const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? ''); // fs errors have a code

/** The operating system's file system. */
export const nodeFileSystem: FileSystem = {
  async stat(path) {
    try {
      const found = await stat(path);
      return { bytes: found.size, modifiedMs: found.mtimeMs, isFolder: found.isDirectory() };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  async open(path, mode) {
    const handle = await open(path, mode === 'read' ? 'r' : 'wx+');
    return {
      async read(into, position) {
        let done = 0;
        while (done < into.length) {
          const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return done;
      },
      async write(bytes, position) {
        let done = 0;
        while (done < bytes.length) {
          done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
        }
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  list: (path) => readdir(path),
  async syncFolder(path) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  realPath: (path) => realpath(path),
  readable: (path) =>
    access(path, constants.R_OK).then(
      () => true,
      () => false,
    ),
};

const deviceTroubles: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file would be too large'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EIO', 'the device reported an error'],
  ['ENOENT', 'a file or folder is gone'],
  ['ENOTDIR', 'a part of its path is a file, not a folder'],
  ['EEXIST', 'there is a file in its place'],
]);

/**
 * What a failed file operation means to the user: a QueryError STORAGE for the device's troubles; any other error as it is.
 * @param action what was tried, for the message: "write the sample s"
 */
export function storageError(error: unknown, action: string): unknown {
  const trouble = deviceTroubles.get((error as NodeJS.ErrnoException).code ?? ''); // undefined for other errors
  return trouble === undefined
    ? error
    : new QueryError('STORAGE', `cannot ${action}: ${trouble}`, { cause: error });
}
