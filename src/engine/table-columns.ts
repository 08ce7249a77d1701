import { findNamed, type TableEntry } from '../catalog/index.ts';
import { didYouMean, QueryError } from '../common/index.ts';
import type { Identifier } from '../parser/index.ts';
import { type OutputColumn, typeFromDuckDB } from '../plan/index.ts';

/** What is asked of a table about its columns. */
type Columns = Pick<TableEntry, 'name' | 'columns'>;

/** Types that neither strata nor keys can be made of. */
const unstratifiable = ['interval', 'other', 'time', 'float', 'double'];

/** The table's column with this name, as the table spells it. @throws QueryError UNKNOWN_COLUMN */
export function requireColumn(table: Columns, { name, span }: Identifier): string {
  const column = findNamed(table.columns, name);
  if (column !== undefined) return column.name;
  const names = table.columns.map((each) => each.name);
  throw new QueryError('UNKNOWN_COLUMN', `table ${table.name} has no column ${name}`, {
    span,
    hint: didYouMean(name, names) ?? `the columns are ${names.join(', ')}`,
  });
}

/** The table's columns with their types as the plan has them. */
export function typedColumns({ columns }: Pick<TableEntry, 'columns'>): OutputColumn[] {
  return columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
}

/** Whether strata can be made of a column of this type, as DuckDB names it. */
export function canStratify(type: string): boolean {
  return !unstratifiable.includes(typeFromDuckDB(type).kind);
}

/** The columns that strata, or keys, are made of. @throws QueryError UNKNOWN_COLUMN, INVALID_ARGUMENT, NOT_SUPPORTED with their place */
export function requireStrata(
  table: Columns,
  names: readonly Identifier[],
  what: 'strata' | 'keys' = 'strata',
): string[] {
  const columns = names.map((column) => requireColumn(table, column));
  for (const [place, column] of columns.entries()) {
    const { span } = names[place]!; // one column each
    if (columns.indexOf(column) < place)
      throw new QueryError('INVALID_ARGUMENT', `column ${column} is named twice`, { span });
    const { type } = table.columns.find(({ name }) => name === column)!; // requireColumn found it
    if (!canStratify(type))
      throw new QueryError('NOT_SUPPORTED', `${what} cannot be made of ${column}: its type is ${type}`, {
        span,
      });
  }
  return columns;
}
