import { basename, dirname } from 'node:path';
import type { FileSystem, OpenFile, Random } from '../../src/common/index.ts';

/** A file's bytes: as processes see them, and as the device has them for certain. */
interface Content {
  now: Uint8Array;
  synced: Uint8Array;
}

/** A change of names that the device may or may not have yet. */
type NameChange =
  | { readonly kind: 'add'; readonly path: string; readonly content: Content }
  | { readonly kind: 'remove'; readonly path: string; readonly content: Content }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly content: Content };

/**
 * Files in memory, with what a power loss does to them: of bytes that were not synced since they were written any part may be lost; of
 * names that were not synced with their folder each may be old or new. A rename is old or new as a whole. A process that is killed
 * loses nothing of what it wrote.
 */
export class LossyDevice {
  private names = new Map<string, Content>();
  private syncedNames = new Map<string, Content>();
  private changes: NameChange[] = [];

  /** The power fails, and comes back. */
  losePower(random: Random): void {
    for (const change of this.changes) if (random.next() < 0.5) apply(this.syncedNames, change);
    this.changes = [];
    this.names = new Map(this.syncedNames);
    for (const content of new Set(this.names.values())) {
      content.now = remains(content, random);
      content.synced = content.now;
    }
  }

  /** Names of what is in a folder. */
  list(folder: string): string[] {
    return [...this.names.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
  }

  /** @param before is called before each call of a process, and may fail, or never return */
  filesOf(before: (what: string, isWrite: boolean) => Promise<void>): FileSystem {
    return {
      stat: async (path) => {
        await before(`stat ${path}`, false);
        const found = this.names.get(path);
        return found === undefined ? null : { bytes: found.now.length, modifiedMs: 0, isFolder: false };
      },
      open: async (path, mode) => {
        await before(`${mode} ${path}`, mode === 'create');
        const found = this.names.get(path);
        if (mode === 'create') {
          if (found !== undefined) throw fileError('EEXIST');
          const content = { now: new Uint8Array(0), synced: new Uint8Array(0) };
          this.change({ kind: 'add', path, content });
          return openFile(path, content, before);
        }
        if (found === undefined) throw fileError('ENOENT');
        return openFile(path, found, before);
      },
      rename: async (from, to) => {
        await before(`rename ${from}`, true);
        const content = this.names.get(from);
        if (content === undefined) throw fileError('ENOENT');
        this.change({ kind: 'rename', from, to, content });
      },
      remove: async (path) => {
        await before(`remove ${path}`, true);
        const content = this.names.get(path);
        if (content !== undefined) this.change({ kind: 'remove', path, content });
      },
      syncFolder: async (path) => {
        await before(`sync ${path}`, true);
        const isIn = (each: NameChange): boolean => dirname('to' in each ? each.to : each.path) === path;
        for (const change of this.changes.filter(isIn)) apply(this.syncedNames, change);
        this.changes = this.changes.filter((each) => !isIn(each));
      },
      list: async (path) => {
        await before(`list ${path}`, false);
        return this.list(path);
      },
      makeFolder: () => Promise.resolve(),
      realPath: (path) => Promise.resolve(path),
      readable: () => Promise.resolve(true),
    };
  }

  private change(change: NameChange): void {
    this.changes.push(change);
    apply(this.names, change);
  }
}

const fileError = (code: string): Error => Object.assign(new Error(code), { code });

function apply(names: Map<string, Content>, change: NameChange): void {
  if (change.kind === 'rename') {
    names.delete(change.from);
    names.set(change.to, change.content);
  } else if (change.kind === 'add') names.set(change.path, change.content);
  else names.delete(change.path);
}

/** What the device has of a file after a power loss: all, what was synced, or something in between with a hole in it. */
function remains({ now, synced }: Content, random: Random): Uint8Array {
  if (now === synced || random.next() < 0.2) return now;
  if (random.next() < 0.3) return synced;
  const cut = now.slice(0, Math.floor(random.next() * (now.length + 1)));
  const hole = Math.floor(random.next() * cut.length);
  // What was synced is there, unless it was written over since.
  if (hole > synced.length) cut.fill(0, hole, hole + 512);
  return cut.length < synced.length ? synced : cut;
}

/** What is open stays open when its name goes. */
function openFile(
  path: string,
  content: Content,
  before: (what: string, isWrite: boolean) => Promise<void>,
): OpenFile {
  return {
    async read(into, position) {
      await before(`read ${path}`, false);
      const bytes = content.now.subarray(position, position + into.length);
      into.set(bytes);
      return bytes.length;
    },
    async write(bytes, position) {
      // A write that fails, or whose process is killed, may have been done in part.
      write(content, bytes.subarray(0, bytes.length >> 1), position);
      await before(`write ${path}`, true);
      write(content, bytes, position);
    },
    async sync() {
      await before(`sync ${path}`, true);
      content.synced = content.now;
    },
    close: () => Promise.resolve(),
  };
}

function write(content: Content, bytes: Uint8Array, position: number): void {
  const grown = new Uint8Array(Math.max(content.now.length, position + bytes.length));
  grown.set(content.now);
  grown.set(bytes, position);
  content.now = grown;
}
