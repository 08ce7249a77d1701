import * as fc from 'fast-check';
import type {
  CommonTable,
  Expression,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
  TableAlias,
  TableReference,
  WithClause,
} from '../../../src/parser/index.ts';
import { nowhere } from '../support.ts';
import { expressionsOver, maybe, node, orderItemsOver } from './expressions.ts';
import { identifier, identifiers, optionalIdentifiers } from './words.ts';

interface Trees {
  expression: Expression;
  table: TableReference;
  body: QueryBody;
  query: Query;
}

const span = fc.constant(nowhere);
const nothing = fc.constant(null);

const tableAlias: fc.Arbitrary<TableAlias> = fc.record({ name: identifier, columns: optionalIdentifiers });

type Tie = fc.LetrecTypedTie<Trees>;

/** Queries, of expressions and queries that hold each other. */
export const { query } = fc.letrec<Trees>((tie: Tie) => ({
  expression: expressionsOver(tie('expression'), tie('query')),
  table: tablesOver(tie('table'), tie('expression'), tie('query')),
  body: bodiesOver(tie),
  query: queriesOver(tie),
}));

function queriesOver(tie: Tie): fc.Arbitrary<Query> {
  const commonTable: fc.Arbitrary<CommonTable> = fc.record({
    name: identifier,
    columns: optionalIdentifiers,
    query: tie('query'),
    span,
  });
  const withClause: fc.Arbitrary<WithClause> = fc.record({
    recursive: fc.boolean(),
    tables: fc.array(commonTable, { minLength: 1, maxLength: 2 }),
    span,
  });
  const end = {
    orderBy: orderItemsOver(tie('expression')),
    limit: maybe(tie('expression')),
    offset: maybe(tie('expression')),
  };
  return fc.oneof(
    { maxDepth: 2, depthIdentifier: 'query' },
    node('query', { with: nothing, body: selectsOver(tie), ...end }),
    node('query', { with: maybe(withClause), body: tie('body'), ...end }),
  );
}

/** A query in parentheses keeps them only where it has a clause of its own. */
function ownsClause({ with: withClause, orderBy, limit, offset }: Query): boolean {
  return withClause !== null || orderBy.length > 0 || limit !== null || offset !== null;
}

function bodiesOver(tie: Tie): fc.Arbitrary<QueryBody> {
  const setOperation: fc.Arbitrary<SetOperation> = node('set-operation', {
    operator: fc.constantFrom('union' as const, 'intersect' as const, 'except' as const),
    all: fc.boolean(),
    left: tie('body'),
    right: tie('body'),
  });
  const inParentheses = tie('query').map((query): QueryBody => (ownsClause(query) ? query : query.body));
  return fc.oneof({ maxDepth: 2, depthIdentifier: 'body' }, selectsOver(tie), setOperation, inParentheses);
}

function selectsOver(tie: Tie): fc.Arbitrary<Select> {
  const expression = tie('expression');
  const item: fc.Arbitrary<SelectItem> = fc.oneof(
    node('item', { expression, alias: fc.option(identifier) }),
    node('star', { qualifier: fc.option(identifier) }),
  );
  const clause = maybe(expression);
  return node('select', {
    distinct: fc.boolean(),
    items: fc.array(item, { minLength: 1, maxLength: 2 }),
    from: fc.option(tie('table')),
    where: clause,
    groupBy: fc.oneof(
      { weight: 1, arbitrary: fc.array(expression, { maxLength: 2 }) },
      { weight: 2, arbitrary: fc.constant([]) },
      fc.constant('all' as const),
    ),
    having: clause,
    qualify: clause,
  });
}

function tablesOver(
  table: fc.Arbitrary<TableReference>,
  expression: fc.Arbitrary<Expression>,
  query: fc.Arbitrary<Query>,
): fc.Arbitrary<TableReference> {
  const alias = fc.option(tableAlias);
  const condition = fc.oneof(
    fc.record({ kind: fc.constant('on' as const), expression }),
    fc.record({ kind: fc.constant('using' as const), columns: identifiers }),
  );
  return fc.oneof(
    { maxDepth: 3, depthIdentifier: 'table' },
    node('table', { name: identifier, alias }),
    node('derived', { query, alias }),
    node('join', { type: fc.constant('cross' as const), left: table, right: table, condition: nothing }),
    node('join', {
      type: fc.constantFrom('inner' as const, 'left' as const, 'right' as const, 'full' as const),
      left: table,
      right: table,
      condition,
    }),
  );
}
