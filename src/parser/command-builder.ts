import type { CstNode } from 'chevrotain';
import type { Span } from '../common/index.ts';
import type {
  CreateSampleListStatement,
  CreateSamplesStatement,
  CreateSampleStatement,
  CreateTableStatement,
  DescribeStatement,
  DropStatement,
  ExplainSamplesStatement,
  Identifier,
  NumberWithSpan,
  RefreshSamplesStatement,
  SampledClause,
  SampleItem,
  SampleMethod,
  SampleSize,
  ShowStatement,
} from './ast.ts';
import { childIf, childOf, childrenOf, hasToken, ownTokensOf, spanOf, tokenIf, tokenOf } from './cst.ts';
import { keyword } from './keywords.ts';
import { buildAmount, buildIdentifier, buildName, buildNames, buildString } from './leaf-builder.ts';
import { category, lexeme } from './tokens.ts';

/* Builds the statements that manage tables and samples; they hold no expressions. */

/** `CREATE {TABLE | SAMPLE | SAMPLES} …`, from the rule `create` */
export function buildCreate(
  node: CstNode,
): CreateTableStatement | CreateSampleStatement | CreateSamplesStatement | CreateSampleListStatement {
  const span = spanOf(node);
  const table = childIf(node, 'createTable');
  if (table !== undefined) return createTable(table, span);
  const sample = childIf(node, 'createSample');
  if (sample !== undefined) return createSample(sample, span);
  const samples = childOf(node, 'createSamples');
  const list = childIf(samples, 'sampleList');
  return list === undefined ? advisedSamples(samples, span) : createSampleList(samples, list, span);
}

function createTable(node: CstNode, span: Span): CreateTableStatement {
  const sampled = childIf(node, 'sampled');
  return {
    kind: 'create-table',
    name: buildName(node),
    ifNotExists: childIf(node, 'ifNotExists') !== undefined,
    source: buildString(tokenOf(node, lexeme.string)),
    sampled: sampled === undefined ? null : sampledClause(sampled),
    span,
  };
}

function sampledClause(node: CstNode): SampledClause {
  return {
    stratifiedBy: buildNames(childIf(node, 'nameList')),
    source: hasToken(node, keyword.POPULATION) ? 'population' : 'weight',
    column: buildName(node),
    span: spanOf(node),
  };
}

function createSample(node: CstNode, span: Span): CreateSampleStatement {
  const name = tokenIf(node, category.name);
  return {
    kind: 'create-sample',
    name: name === undefined ? null : buildIdentifier(name),
    ifNotExists: childIf(node, 'ifNotExists') !== undefined,
    table: onTable(node),
    method: sampleMethod(childOf(node, 'sampleMethod')),
    outliersOf: outliersOf(node),
    seed: seedOf(node),
    span,
  };
}

function createSampleList(node: CstNode, list: CstNode, span: Span): CreateSampleListStatement {
  return {
    kind: 'create-sample-list',
    ifNotExists: childIf(node, 'ifNotExists') !== undefined,
    table: onTable(node),
    samples: childrenOf(list, 'sampleItem').map(sampleItem),
    seed: seedOf(list),
    span,
  };
}

function sampleItem(node: CstNode): SampleItem {
  const name = tokenIf(node, category.name);
  return {
    name: name === undefined ? null : buildIdentifier(name),
    method: sampleMethod(childOf(node, 'sampleMethod')),
    outliersOf: outliersOf(node),
    span: spanOf(node),
  };
}

function outliersOf(node: CstNode): readonly Identifier[] {
  const outliers = childIf(node, 'outliers');
  return outliers === undefined ? [] : buildNames(childOf(outliers, 'nameList'));
}

function seedOf(node: CstNode): NumberWithSpan | null {
  const seed = childIf(node, 'seed');
  return seed === undefined ? null : buildAmount(seed);
}

function sampleMethod(node: CstNode): SampleMethod {
  const span = spanOf(node);
  const uniform = childIf(node, 'uniform');
  if (uniform !== undefined)
    return { kind: 'uniform', size: sampleSize(childOf(uniform, 'sampleSize')), span };
  const stratified = childIf(node, 'stratified');
  if (stratified !== undefined) {
    const columns = buildNames(childOf(stratified, 'nameList'));
    return { kind: 'stratified', columns, cap: buildAmount(stratified), span };
  }
  const universe = childOf(node, 'universe');
  return {
    kind: 'universe',
    columns: buildNames(childOf(universe, 'nameList')),
    percent: buildAmount(universe),
    span,
  };
}

/** From a rule that holds `ON t BUDGET …` */
function advisedSamples(node: CstNode, span: Span): CreateSamplesStatement {
  const budget = childOf(node, 'budget');
  return {
    kind: 'create-samples',
    table: onTable(node),
    budget: sampleSize(childOf(budget, 'sampleSize')),
    columnSets: childrenOf(budget, 'nameList').map(buildNames),
    span,
  };
}

/** `EXPLAIN CREATE SAMPLES ON t BUDGET …`, from the rule `explain` */
export function buildExplainSamples(node: CstNode): ExplainSamplesStatement {
  const span = spanOf(node);
  const explained = { start: tokenOf(node, keyword.CREATE).startOffset, end: span.end };
  return { kind: 'explain-samples', statement: advisedSamples(node, explained), span };
}

function sampleSize(node: CstNode): SampleSize {
  return { unit: hasToken(node, keyword.ROWS) ? 'rows' : 'percent', amount: buildAmount(node) };
}

/** `REFRESH SAMPLES ON t`, from the rule `refreshSamples` */
export function buildRefreshSamples(node: CstNode): RefreshSamplesStatement {
  return { kind: 'refresh-samples', table: onTable(node), span: spanOf(node) };
}

/** `DESCRIBE t`, from the rule `describe` */
export function buildDescribe(node: CstNode): DescribeStatement {
  return { kind: 'describe', table: buildName(node), span: spanOf(node) };
}

/** `DROP {TABLE | SAMPLE} …`, from the rule `drop` */
export function buildDrop(node: CstNode): DropStatement {
  return {
    kind: 'drop',
    what: hasToken(node, keyword.TABLE) ? 'table' : 'sample',
    name: buildName(node),
    ifExists: hasToken(node, keyword.EXISTS),
    span: spanOf(node),
  };
}

/** `SHOW …`, from the rule `show` */
export function buildShow(node: CstNode): ShowStatement {
  // SHOW and the word behind it, which is a keyword named like what it shows.
  const what = ownTokensOf(node)[1]!.tokenType.name.toLowerCase();
  return { kind: 'show', what: what as ShowStatement['what'], span: spanOf(node) };
}

function onTable(node: CstNode): Identifier {
  return buildName(childOf(node, 'onTable'));
}
