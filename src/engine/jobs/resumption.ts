import { findNamed, type CatalogSnapshot } from '../../catalog/index.ts';
import { QueryError } from '../../common/index.ts';
import {
  type CreateSampleListStatement,
  type CreateSampleStatement,
  type CreateTableStatement,
  type Identifier,
  printStatement,
  type Statement,
} from '../../parser/index.ts';

/** Statements that are no jobs: they are done at once, and nothing tells whether an attempt that was cut short had done them. */
const noJobs: ReadonlySet<Statement['kind']> = new Set(['drop', 'describe', 'show']);

/** Refuses statements that are not run as jobs. @throws QueryError NOT_SUPPORTED */
export function refuseNoJob({ kind, span }: Statement): void {
  if (!noJobs.has(kind)) return;
  throw new QueryError('NOT_SUPPORTED', `${kind.toUpperCase()} is not run as a job: it is done at once`, {
    span,
    hint: 'run it as a query',
  });
}

/** How a job goes on whose process is gone. */
export type Resumption =
  | { readonly kind: 'run'; readonly sql: string }
  /** Nobody can tell whether it was done, and it must not be done twice. */
  | { readonly kind: 'lost'; readonly reason: string };

/**
 * How a statement is run again that an attempt before may have done. What reads is run again, and so are refreshes and the advisor's
 * samples, which find what was done. A table or sample of a name that has come since may be the attempt's own: it is taken for that.
 * @param sinceMs when it was first begun
 */
export function resume(
  sql: string,
  statement: Statement,
  { tables, samples }: CatalogSnapshot,
  sinceMs: number,
): Resumption {
  const again: Resumption = { kind: 'run', sql };
  switch (statement.kind) {
    case 'create-table': {
      const found = findNamed(tables, statement.name.name);
      return found !== undefined && found.createdMs >= sinceMs ? orFind(statement) : again;
    }
    case 'create-sample':
      return resumeSamples(again, statement, [statement.name], { tables, samples }, sinceMs);
    case 'create-sample-list': {
      const names = statement.samples.map(({ name }) => name);
      return resumeSamples(again, statement, names, { tables, samples }, sinceMs);
    }
    default:
      return again;
  }
}

/** @param names of the samples that it makes; null: it gives one none */
function resumeSamples(
  again: Resumption,
  statement: CreateSampleStatement | CreateSampleListStatement,
  names: readonly (Identifier | null)[],
  { tables, samples }: Pick<CatalogSnapshot, 'tables' | 'samples'>,
  sinceMs: number,
): Resumption {
  const isOld = (name: Identifier | null): boolean => {
    const found = name === null ? undefined : findNamed(samples, name.name);
    return found !== undefined && found.createdMs < sinceMs;
  };
  if (names.includes(null)) {
    const table = findNamed(tables, statement.table.name);
    const since = samples.find((each) => each.tableId === table?.id && each.createdMs >= sinceMs);
    if (since !== undefined)
      return {
        kind: 'lost',
        reason: `the process that ran it is gone, and the sample ${since.name}, made since, may be its: run it again if it is not`,
      };
  }
  return names.some(isOld) ? again : orFind(statement);
}

/** Runs it, or finds what it was to make; also waits for a builder whose lease is not over yet. */
function orFind(
  statement: CreateTableStatement | CreateSampleStatement | CreateSampleListStatement,
): Resumption {
  return { kind: 'run', sql: printStatement({ ...statement, ifNotExists: true }) };
}
