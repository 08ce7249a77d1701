import { isAbsolute } from 'node:path';
import type { OriginEntry, TableEntry } from '../catalog/index.ts';
import { QueryError, type Span } from '../common/index.ts';
import { countOf } from './describe.ts';
import type { EngineState } from './state.ts';
import { findFiles } from './table-files.ts';
import { statAll } from './take-files.ts';

/** The user's files that a table was made from, as they were then. */
const sourcesOf = ({ files }: TableEntry): readonly OriginEntry[] =>
  files.flatMap((file) => file.origins ?? [file]);

/** What has become of the files that a table was made from. */
export interface SourceChanges {
  /** All that there were, as they were. */
  readonly then: readonly OriginEntry[];
  /** All that there are now, as they are. */
  readonly now: readonly OriginEntry[];
  readonly added: readonly OriginEntry[];
  /** Those that have other content now, as they are now. */
  readonly changed: readonly OriginEntry[];
  /** Those that are there no more, as they were. */
  readonly gone: readonly OriginEntry[];
}

/**
 * What has become of the files that a table was made from.
 * @throws QueryError MISSING_FILE, FORBIDDEN_PATH, NOT_SUPPORTED
 */
export async function findChanges(
  { environment: { files }, allowedPaths }: Pick<EngineState, 'environment' | 'allowedPaths'>,
  table: TableEntry,
  span: Span = { start: 0, end: 0 },
): Promise<SourceChanges> {
  const { format, paths } = await findFiles(files, table.source, allowedPaths, span);
  const changes = compareSources(table, await statAll(files, paths));
  if (format !== table.format || changes.gone.length === changes.then.length)
    throw new QueryError('MISSING_FILE', `of the files that ${table.name} was made of none is there`, {
      span,
      hint: isAbsolute(table.source)
        ? `they are looked for as ${table.source}`
        : `${table.source} is looked for from the working directory: an earlier version did not note from which`,
    });
  return changes;
}

/** Whether anything is to be told of the table's files: it is no sample, and it is known which they were. */
export function isFollowed({ isSample, format, files, trouble }: TableEntry): boolean {
  return (
    !isSample &&
    trouble === undefined &&
    (format === 'parquet' || files.every(({ origins }) => origins !== undefined))
  );
}

export const hasChanges = ({ added, changed, gone }: SourceChanges): boolean =>
  added.length + changed.length + gone.length > 0;

/** For example `2 files added, 1 file gone`. */
export function describeChanges({ added, changed, gone }: SourceChanges): string {
  const parts = [
    [added.length, 'added'],
    [changed.length, 'changed'],
    [gone.length, 'gone'],
  ] as const;
  return parts
    .flatMap(([files, what]) => (files === 0 ? [] : [`${countOf(files, 'file')} ${what}`]))
    .join(', ');
}

/** Compares the files that a table was made from with those that there are now. */
function compareSources(table: TableEntry, now: readonly OriginEntry[]): SourceChanges {
  const then = sourcesOf(table);
  const known = new Map(then.map((file) => [file.path, file]));
  const present = new Set(now.map(({ path }) => path));
  return {
    then,
    now,
    added: now.filter(({ path }) => !known.has(path)),
    changed: now.filter((file) => {
      const own = known.get(file.path);
      return own !== undefined && (own.bytes !== file.bytes || own.modifiedMs !== file.modifiedMs);
    }),
    gone: then.filter(({ path }) => !present.has(path)),
  };
}
