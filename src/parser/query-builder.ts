import type { CstNode } from 'chevrotain';
import { QueryError, type Span } from '../common/index.ts';
import type {
  CommonTable,
  Join,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
  TableAlias,
  TableReference,
  WithClause,
} from './ast.ts';
import { childIf, childOf, childrenOf, hasToken, spanOf, tokenIf, tokensOf } from './cst.ts';
import { ExpressionBuilder } from './expression-builder.ts';
import { joinChain, operandsOf } from './join-chain.ts';
import { keyword } from './keywords.ts';
import { buildIdentifier, buildName, buildNames } from './leaf-builder.ts';
import { checkChain } from './limits.ts';
import { setLevel } from './precedence.ts';
import { category, symbol } from './tokens.ts';

/** Builds what the rules of QueryGrammar matched; the methods have their names. */
export abstract class QueryBuilder extends ExpressionBuilder {
  protected query(node: CstNode): Query {
    const withClause = childIf(node, 'withClause');
    return {
      kind: 'query',
      with: withClause === undefined ? null : this.#withClause(withClause),
      body: this.#body(node),
      orderBy: this.orderBy(node),
      limit: this.clause(childIf(node, 'limit')),
      offset: this.clause(childIf(node, 'offset')),
      span: spanOf(node),
    };
  }

  #withClause(node: CstNode): WithClause {
    return {
      recursive: hasToken(node, keyword.RECURSIVE),
      tables: childrenOf(node, 'commonTable').map((table) => this.#commonTable(table)),
      span: spanOf(node),
    };
  }

  #commonTable(node: CstNode): CommonTable {
    return {
      name: buildName(node),
      columns: buildNames(childIf(node, 'nameList')),
      query: this.query(childOf(node, 'query')),
      span: spanOf(node),
    };
  }

  #body(node: CstNode): QueryBody {
    const operators = childrenOf(node, 'setOperator');
    checkChain(operators);
    return joinChain<QueryBody, CstNode>({
      operands: operandsOf(childrenOf(node, 'queryPrimary'), (operand) => this.#queryPrimary(operand)),
      operators,
      levelOf: (operator) => setLevel(setOperator(operator)),
      join: (left, operator, right, span) => ({
        kind: 'set-operation',
        operator: setOperator(operator),
        all: hasToken(operator, keyword.ALL),
        left,
        right,
        span,
      }),
    }).node;
  }

  #queryPrimary(node: CstNode): QueryBody {
    const select = childIf(node, 'select');
    if (select !== undefined) return this.#select(select);
    const query = this.query(childOf(node, 'query'));
    const isBare =
      query.with === null && query.orderBy.length === 0 && query.limit === null && query.offset === null;
    return isBare ? query.body : query;
  }

  #select(node: CstNode): Select {
    const from = childIf(node, 'from');
    return {
      kind: 'select',
      distinct: hasToken(node, keyword.DISTINCT),
      items: childrenOf(node, 'selectItem').map((item) => this.#selectItem(item)),
      from: from === undefined ? null : this.#from(from),
      where: this.clause(childIf(node, 'where')),
      groupBy: this.#groupBy(childIf(node, 'groupBy')),
      having: this.clause(childIf(node, 'having')),
      qualify: this.clause(childIf(node, 'qualify')),
      span: spanOf(node),
    };
  }

  #selectItem(node: CstNode): SelectItem {
    const span = spanOf(node);
    const expression = childIf(node, 'expression');
    if (expression === undefined) {
      const qualifier = tokenIf(node, category.name);
      return { kind: 'star', qualifier: qualifier === undefined ? null : buildIdentifier(qualifier), span };
    }
    const alias = childIf(node, 'alias');
    return {
      kind: 'item',
      expression: this.expression(expression),
      alias: alias === undefined ? null : buildName(alias),
      span,
    };
  }

  /** @throws QueryError NOT_SUPPORTED at ROLLUP and CUBE, which to the grammar are calls */
  #groupBy(node: CstNode | undefined): Select['groupBy'] {
    if (node !== undefined && hasToken(node, keyword.ALL)) return 'all';
    const keys = this.expressions(node);
    for (const key of keys) {
      if (key.kind === 'call' && /^(rollup|cube)$/i.test(key.name.name)) {
        throw new QueryError('NOT_SUPPORTED', `GROUP BY ${key.name.name.toUpperCase()} is not supported`, {
          span: key.span,
        });
      }
    }
    return keys;
  }

  /** A comma is a cross join that binds looser than JOIN. */
  #from(node: CstNode): TableReference {
    const tables = childrenOf(node, 'tableReference');
    checkChain(tokensOf(node, symbol.comma));
    // The rule has a table, and as many trees as tables are joined.
    const { start } = spanOf(tables[0]!);
    return tables
      .map((table) => this.#tableReference(table))
      .reduce((left, right, index) => {
        const span = { start, end: spanOf(tables[index]!).end };
        return { kind: 'join', type: 'cross', left, right, condition: null, span };
      });
  }

  #tableReference(node: CstNode): TableReference {
    const { start } = spanOf(node);
    let table = this.#tablePrimary(childOf(node, 'tablePrimary'));
    const joins = childrenOf(node, 'join');
    checkChain(joins);
    for (const join of joins) table = this.#join(table, join, { start, end: spanOf(join).end });
    return table;
  }

  #join(left: TableReference, node: CstNode, span: Span): Join {
    return {
      kind: 'join',
      type: hasToken(node, keyword.CROSS) ? 'cross' : joinType(childIf(node, 'joinType')),
      left,
      right: this.#tablePrimary(childOf(node, 'tablePrimary')),
      condition: this.#joinCondition(node),
      span,
    };
  }

  #joinCondition(node: CstNode): Join['condition'] {
    const expression = childIf(node, 'expression');
    if (expression !== undefined) return { kind: 'on', expression: this.expression(expression) };
    const columns = childIf(node, 'nameList');
    return columns === undefined ? null : { kind: 'using', columns: buildNames(columns) };
  }

  #tablePrimary(node: CstNode): TableReference {
    const alias = tableAlias(childIf(node, 'tableAlias'));
    const span = spanOf(node);
    const named = childIf(node, 'namedTable');
    if (named !== undefined) return { kind: 'table', name: buildName(named), alias, span };

    const inner = childOf(node, 'parenthesizedTable');
    const query = childIf(inner, 'query');
    if (query !== undefined) return { kind: 'derived', query: this.query(query), alias, span };

    const table = this.#tableReference(childOf(inner, 'tableReference'));
    if (alias === null) return table;
    throw new QueryError('NOT_SUPPORTED', 'an alias of a join in parentheses is not supported', {
      span: alias.name.span,
    });
  }
}

function tableAlias(node: CstNode | undefined): TableAlias | null {
  if (node === undefined) return null;
  return { name: buildName(childOf(node, 'alias')), columns: buildNames(childIf(node, 'nameList')) };
}

function joinType(node: CstNode | undefined): Join['type'] {
  if (node === undefined || hasToken(node, keyword.INNER)) return 'inner';
  return hasToken(node, keyword.LEFT) ? 'left' : hasToken(node, keyword.RIGHT) ? 'right' : 'full';
}

function setOperator(node: CstNode): SetOperation['operator'] {
  if (hasToken(node, keyword.INTERSECT)) return 'intersect';
  return hasToken(node, keyword.UNION) ? 'union' : 'except';
}
