import Sqlite from 'better-sqlite3';
import { type FileSystem, nodeFileSystem, type OpenFile } from '../../src/common/index.ts';
import type { OpenSqlite } from '../../src/database/index.ts';

/** What a call does, as far as it matters for how it can fail. */
type CallKind = 'read' | 'write';

/** What a device in trouble says, to calls of which kind; a call that has done its work may fail too. */
export interface FaultKind {
  readonly name: string;
  readonly calls: readonly CallKind[];
  /** Of file calls; null: they do not fail. */
  readonly file: string | null;
  readonly sqlite: string;
  /** The work was done all the same. */
  readonly late: boolean;
}

const writes: readonly CallKind[] = ['write'];
const all: readonly CallKind[] = ['read', 'write'];

/** The troubles of devices. */
export const faultKinds: readonly FaultKind[] = [
  { name: 'device full', calls: writes, file: 'ENOSPC', sqlite: 'SQLITE_FULL', late: false },
  { name: 'device error', calls: all, file: 'EIO', sqlite: 'SQLITE_IOERR_READ', late: false },
  { name: 'error too late', calls: writes, file: 'EIO', sqlite: 'SQLITE_IOERR_FSYNC', late: true },
  { name: 'file too large', calls: writes, file: 'EFBIG', sqlite: 'SQLITE_IOERR_WRITE', late: false },
  { name: 'read-only', calls: writes, file: 'EROFS', sqlite: 'SQLITE_READONLY', late: false },
  { name: 'forbidden', calls: all, file: 'EACCES', sqlite: 'SQLITE_CANTOPEN', late: false },
  { name: 'locked', calls: all, file: null, sqlite: 'SQLITE_BUSY', late: false },
];

const isOpen = (done: unknown): done is OpenFile =>
  typeof done === 'object' && done !== null && 'close' in done;

/** A device on which the n-th call fails, alone or with all that follow. Calls of files and of SQLite are counted together. */
export class FaultyDevice {
  /** Calls since it was armed that the fault could have hit. */
  calls = 0;
  /** What was hit, in words. */
  hit: string | null = null;
  private fault: { readonly kind: FaultKind; readonly at: number; readonly lasting: boolean } | null = null;

  /** From now on calls are counted, and fail as told. */
  arm(kind: FaultKind, at: number, lasting: boolean): void {
    [this.calls, this.hit, this.fault] = [0, null, { kind, at, lasting }];
  }

  /** The device is well again. */
  heal(): void {
    this.fault = null;
  }

  private fails(call: CallKind, what: string, isFile: boolean): FaultKind | null {
    if (this.fault === null) return null;
    const { kind, at, lasting } = this.fault;
    if (!kind.calls.includes(call) || (isFile && kind.file === null)) return null;
    this.calls++;
    if (this.calls < at || (this.calls > at && !lasting)) return null;
    this.hit ??= what;
    return kind;
  }

  private async file<T>(
    call: CallKind,
    what: string,
    work: () => Promise<T>,
    half: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<T> {
    const kind = this.fails(call, what, true);
    if (kind === null) return await work();
    const done = await (kind.late ? work() : half());
    if (isOpen(done)) await done.close();
    throw Object.assign(new Error(`${kind.file}: ${what}`), { code: kind.file });
  }

  private sqlite<T>(call: CallKind, what: string, work: () => T): T {
    const kind = this.fails(call, what, false);
    if (kind === null) return work();
    if (kind.late) work();
    throw new Sqlite.SqliteError(`${kind.name}: ${what}`, kind.sqlite);
  }

  readonly files: FileSystem = {
    stat: (path) => this.file('read', `stat ${path}`, () => nodeFileSystem.stat(path)),
    open: (path, mode) =>
      this.file(mode === 'read' ? 'read' : 'write', `${mode} ${path}`, async () =>
        this.openFile(path, await nodeFileSystem.open(path, mode)),
      ),
    rename: (from, to) => this.file('write', `rename ${from}`, () => nodeFileSystem.rename(from, to)),
    remove: (path) => this.file('write', `remove ${path}`, () => nodeFileSystem.remove(path)),
    makeFolder: (path) => this.file('write', `make ${path}`, () => nodeFileSystem.makeFolder(path)),
    list: (path) => this.file('read', `list ${path}`, () => nodeFileSystem.list(path)),
    syncFolder: (path) => this.file('write', `sync ${path}`, () => nodeFileSystem.syncFolder(path)),
    realPath: (path) => this.file('read', `follow ${path}`, () => nodeFileSystem.realPath(path)),
    readable: (path) => nodeFileSystem.readable(path),
  };

  private openFile(path: string, file: OpenFile): OpenFile {
    return {
      read: (into, position) => this.file('read', `read ${path}`, () => file.read(into, position)),
      write: (bytes, position) =>
        this.file(
          'write',
          `write ${path}`,
          () => file.write(bytes, position),
          () => file.write(bytes.subarray(0, bytes.length >> 1), position),
        ),
      sync: () => this.file('write', `sync ${path}`, () => file.sync()),
      // What fails at closing has closed it.
      close: () =>
        this.file(
          'write',
          `close ${path}`,
          () => file.close(),
          () => file.close(),
        ),
    };
  }

  readonly openSqlite: OpenSqlite = (path, timeout) => {
    const db = this.sqlite('write', `open ${path}`, () => new Sqlite(path, { timeout }));
    const own = db.prepare.bind(db);
    db.prepare = ((sql: string) => {
      const statement = this.sqlite('read', `prepare ${sql}`, () => own(sql));
      for (const name of ['all', 'get', 'run'] as const) {
        const call = statement[name].bind<(...parameters: unknown[]) => unknown>(statement);
        const wrapped = (...parameters: unknown[]): unknown =>
          this.sqlite(name === 'run' ? 'write' : 'read', sql, () => call(...parameters));
        Object.defineProperty(statement, name, { value: wrapped });
      }
      return statement;
    }) as typeof db.prepare;
    const exec = db.exec.bind(db);
    // To undo needs nothing of the device.
    db.exec = (sql) => (sql === 'ROLLBACK' ? exec(sql) : this.sqlite('write', sql, () => exec(sql)));
    const pragma = db.pragma.bind(db);
    db.pragma = (sql, options) => this.sqlite('read', sql, () => pragma(sql, options));
    return db;
  };
}
