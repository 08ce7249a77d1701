import { didYouMean, QueryError, type Span } from '../../common/index.ts';
import type { Identifier } from '../../parser/index.ts';
import type { BoundCommonTable, BoundExpression, OutputColumn } from '../../plan/index.ts';

/** A column that names can refer to. */
export interface ScopeColumn {
  /** The table's alias or name; null for a column that USING merged. */
  readonly qualifier: string | null;
  readonly name: string;
  readonly expression: BoundExpression;
  /** Only reachable with its qualifier: USING merged it with its other side. */
  readonly qualifiedOnly: boolean;
}

/** A table of WITH: its bound query, or what is known of it while a recursive query is being bound. */
export interface CommonEntry {
  readonly name: string;
  readonly bound: Pick<BoundCommonTable, 'name' | 'columns'>;
  /** The names that users know its columns by. */
  readonly columns: readonly OutputColumn[];
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The names that a query can refer to, inside the scope of the query around it. */
export class Scope {
  constructor(
    readonly columns: readonly ScopeColumn[],
    readonly commonTables: readonly CommonEntry[],
    readonly parent: Scope | null,
  ) {}

  /** The table of WITH that the name refers to, nearest first. */
  findCommonTable(name: string): CommonEntry | undefined {
    return (
      this.commonTables.findLast((entry) => same(entry.name, name)) ?? this.parent?.findCommonTable(name)
    );
  }

  /** The column, or undefined; the same in the queries around. @throws QueryError AMBIGUOUS_COLUMN */
  findColumn(qualifier: Identifier | null, name: Identifier): ScopeColumn | undefined {
    const fits = (column: ScopeColumn): boolean =>
      same(column.name, name.name) &&
      (qualifier === null
        ? !column.qualifiedOnly
        : column.qualifier !== null && same(column.qualifier, qualifier.name));
    const found = this.columns.filter(fits);
    if (found.length > 1) {
      const owners = found.map((column) => column.qualifier ?? 'the join').join(' and ');
      throw new QueryError('AMBIGUOUS_COLUMN', `column ${name.name} is in ${owners}`, {
        span: name.span,
        hint: 'write it with its table: table.column',
      });
    }
    return found[0] ?? this.parent?.findColumn(qualifier, name);
  }

  /** The columns that `*` or `qualifier.*` stands for. @throws QueryError UNKNOWN_TABLE where no table is called so */
  expandStar(qualifier: Identifier | null): readonly ScopeColumn[] {
    if (qualifier === null) return this.columns.filter((column) => !column.qualifiedOnly);
    const found = this.columns.filter(
      (column) => column.qualifier !== null && same(column.qualifier, qualifier.name),
    );
    if (found.length === 0) throw this.unknownTable(qualifier);
    return found;
  }

  private get qualifiers(): string[] {
    return [
      ...new Set(this.columns.map((column) => column.qualifier).filter((qualifier) => qualifier !== null)),
    ];
  }

  private unknownTable(qualifier: Identifier): QueryError {
    return new QueryError('UNKNOWN_TABLE', `there is no table ${qualifier.name} in FROM`, {
      span: qualifier.span,
      hint: didYouMean(qualifier.name, this.qualifiers),
    });
  }

  /** The error for a name that refers to nothing. */
  unknownColumn(qualifier: Identifier | null, name: Identifier, span: Span): QueryError {
    const known =
      qualifier === null
        ? this.columns
        : this.columns.filter(
            (column) => column.qualifier !== null && same(column.qualifier, qualifier.name),
          );
    if (qualifier !== null && known.length === 0) return this.unknownTable(qualifier);
    const names = [...new Set(known.map((column) => column.name))];
    const listed = names.length > 0 && names.length <= 12 ? `the columns are ${names.join(', ')}` : undefined;
    return new QueryError(
      'UNKNOWN_COLUMN',
      `there is no column ${name.name}${this.columns.length === 0 ? ' here: the query has no FROM' : ''}`,
      {
        span,
        hint: didYouMean(name.name, names) ?? listed,
      },
    );
  }
}
