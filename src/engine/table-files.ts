import { dirname, isAbsolute, posix, relative, resolve } from 'node:path';
import type { FileEntry, SourceFormat, TableEntry } from '../catalog/index.ts';
import { type Clock, type FileSystem, QueryError, type Span } from '../common/index.ts';

const formats: readonly (readonly [RegExp, SourceFormat])[] = [
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(csv|tsv|txt)(\.gz|\.zst)?$/i, 'csv'],
  [/\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, 'json'],
  [/\.(arrow|arrows|feather|ipc)$/i, 'arrow'],
];

/** The files that a FROM names, all of one format. */
export interface FoundFiles {
  readonly format: SourceFormat;
  /** Absolute, links followed, in the order of their names. */
  readonly paths: readonly string[];
  /** Path or glob by which they are found from wherever a process works. */
  readonly source: string;
}

function formatOf(path: string, span: Span): SourceFormat {
  const found = formats.find(([ending]) => ending.test(path));
  if (found === undefined) {
    throw new QueryError('NOT_SUPPORTED', `the name of ${path} does not tell its format`, {
      span,
      hint: 'it should end in .parquet, .csv, .json or .arrow',
    });
  }
  return found[1];
}

/** True where the path lies in the folder, or is it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}

/**
 * Finds the files that a path or glob names.
 * @param allowed folders that may be read, links followed
 * @throws QueryError MISSING_FILE, FORBIDDEN_PATH, NOT_SUPPORTED
 */
export async function findFiles(
  files: FileSystem,
  pattern: string,
  allowed: readonly string[],
  span: Span,
): Promise<FoundFiles> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(pattern)) {
    throw new QueryError('NOT_SUPPORTED', 'tables are read from local files only', {
      span,
      hint: 'download the file first',
    });
  }
  const { candidates, source } = await expand(files, pattern, allowed, span);
  if (candidates.length === 0) throw new QueryError('MISSING_FILE', `there is no file ${pattern}`, { span });
  const paths: string[] = [];
  for (const candidate of candidates) {
    const path = await files.realPath(candidate);
    if (!allowed.some((folder) => isWithin(path, folder))) {
      // Not the candidate: what is behind a link is not to be told.
      throw forbidden(pattern, allowed, span);
    }
    if (!(await files.readable(path)))
      throw new QueryError('MISSING_FILE', `${candidate} cannot be read: permission denied`, { span });
    paths.push(path);
  }
  const [format, other] = [...new Set(paths.map((path) => formatOf(path, span)))];
  if (other !== undefined)
    throw new QueryError('INVALID_FILE', `the files are of different formats: ${format} and ${other}`, {
      span,
    });
  return { format: format!, paths, source }; // at least one path
}

const forbidden = (path: string, allowed: readonly string[], span: Span): QueryError =>
  new QueryError('FORBIDDEN_PATH', `${path} is outside the folders that may be read`, {
    span,
    hint: `they are ${allowed.join(', ')}`,
  });

const pathBytesMax = 4096;

/** Where the part of a glob ends that says where to look. */
const firstWildcard = /(?<!\\)[*?[{(!]/;

/** The file of that very name; else, where the name is a glob, the files it fits. */
async function expand(
  files: FileSystem,
  pattern: string,
  allowed: readonly string[],
  span: Span,
): Promise<{ readonly candidates: string[]; readonly source: string }> {
  const path = resolve(pattern);
  // No system has longer ones; each folder above would be looked for.
  if (Buffer.byteLength(path) > pathBytesMax)
    throw new QueryError('MISSING_FILE', `there is no file with a path of ${path.length} characters`, {
      span,
    });
  const exact = await files.stat(path);
  // Of most files no other than their names are looked for; loading what finds them takes 2 ms.
  const globs = exact === null ? await import('tinyglobby') : null;
  const isGlob = globs?.isDynamicPattern(pattern) === true;
  const fixed = dirname(pattern.slice(0, pattern.search(firstWildcard) + 1)).replace(/\\(.)/g, '$1');
  const folder = isGlob ? resolve(fixed) : path;
  // Look only below folders that may be read: whether something is there, and what a folder holds, is not to be told of others.
  const real = await files.realPath(await nearestPresent(files, folder)).catch(() => null);
  // What is there and has no path, a pipe for example, is in no folder that may be read.
  if (real === null || !allowed.some((each) => isWithin(real, each))) throw forbidden(pattern, allowed, span);
  if (globs === null || !isGlob)
    return { candidates: exact === null || exact.isFolder ? [] : [path], source: path };
  const source = isAbsolute(pattern)
    ? pattern
    : posix.join(globs.convertPathToPattern(process.cwd()), pattern);
  const found = await globs.glob(source, {
    // From elsewhere it finds nothing in folders beside that one.
    cwd: folder,
    absolute: true,
    dot: false,
    onlyFiles: true,
    expandDirectories: false,
  });
  return { candidates: found.toSorted(), source };
}

/** The path, or the nearest folder above it that is there. */
async function nearestPresent(files: FileSystem, path: string): Promise<string> {
  const above = dirname(path);
  return path === above || (await files.stat(path)) !== null ? path : await nearestPresent(files, above);
}

/** How long a look at a table's files is good for. */
const lookMs = 1000;

/** Watches whether the files of tables are still what they were. */
export class Fingerprints {
  private readonly looks = new Map<number, { readonly atMs: number; readonly changed: string | null }>();

  constructor(
    private readonly files: FileSystem,
    private readonly clock: Clock,
  ) {}

  /** The first file of the table that is gone or has changed since it was registered; null: none. */
  async changedFile(table: TableEntry): Promise<string | null> {
    const now = this.clock.monotonicMs();
    const last = this.looks.get(table.id);
    if (last !== undefined && now - last.atMs < lookMs) return last.changed;
    let changed: string | null = null;
    for (const file of table.files) {
      if (changed === null && (await this.hasChanged(file))) changed = file.path;
    }
    // Tables come and go; old looks are good for nothing.
    for (const [id, { atMs }] of this.looks) if (now - atMs >= lookMs) this.looks.delete(id);
    this.looks.set(table.id, { atMs: now, changed });
    return changed;
  }

  /** The table has other files now: what was seen of those before is nothing. */
  forget({ id }: TableEntry): void {
    this.looks.delete(id);
  }

  private async hasChanged({ path, bytes, modifiedMs }: FileEntry): Promise<boolean> {
    const now = await this.files.stat(path);
    return now === null || now.bytes !== bytes || now.modifiedMs !== modifiedMs;
  }
}
