import { assertNever } from '../common/index.ts';
import type {
  Bounds,
  CreateSampleListStatement,
  CreateSamplesStatement,
  CreateSampleStatement,
  CreateTableStatement,
  Query,
  SampledClause,
  SampleItem,
  SampleMethod,
  SampleSize,
  SelectStatement,
  Statement,
} from './ast.ts';
import type { Expression } from './expression.ts';
import { printName, printNames, printString, words } from './leaf-printer.ts';
import { QueryPrinter } from './query-printer.ts';

const printer = new QueryPrinter();

/** A query as SQL on one line. */
export function printQuery(query: Query): string {
  return printer.query(query);
}

/** An expression as SQL, as it could stand in a select list. */
export function printExpression(expression: Expression): string {
  return printer.expression(expression);
}

/** A statement as SQL on one line, without a semicolon. Parsing it gives an equal tree, but for the spans. */
export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'select-statement':
      return printSelectStatement(statement);
    case 'explain':
      return words('EXPLAIN', statement.analyze && 'ANALYZE', printSelectStatement(statement.statement));
    case 'explain-samples':
      return `EXPLAIN ${printCreateSamples(statement.statement)}`;
    case 'create-table':
      return printCreateTable(statement);
    case 'create-sample':
      return printCreateSample(statement);
    case 'create-samples':
      return printCreateSamples(statement);
    case 'create-sample-list':
      return printSampleList(statement);
    case 'refresh-samples':
      return `REFRESH SAMPLES ON ${printName(statement.table)}`;
    case 'drop':
      return words(
        `DROP ${statement.what.toUpperCase()}`,
        statement.ifExists && 'IF EXISTS',
        printName(statement.name),
      );
    case 'describe':
      return `DESCRIBE ${printName(statement.table)}`;
    case 'show':
      return `SHOW ${statement.what.toUpperCase()}`;
    default:
      return assertNever(statement);
  }
}

function printSelectStatement({ exact, query, bounds }: SelectStatement): string {
  return words(exact && 'EXACT', printQuery(query), printBounds(bounds));
}

function printBounds({ error, confidence, deadline, onMiss, simultaneous }: Bounds): string {
  return words(
    error && `ERROR WITHIN ${error.amount.value}${error.relative ? '%' : ''}`,
    confidence && `AT CONFIDENCE ${confidence.value}%`,
    deadline && `WITHIN ${deadline.amount.value} ${deadline.unit.toUpperCase()}`,
    onMiss && `ON MISS ${onMiss.policy.replace('-', ' ').toUpperCase()}`,
    simultaneous && 'SIMULTANEOUS',
  );
}

function printCreateTable({ name, ifNotExists, source, sampled }: CreateTableStatement): string {
  return words(
    'CREATE TABLE',
    ifNotExists && 'IF NOT EXISTS',
    printName(name),
    `FROM ${printString(source.value)}`,
    sampled && printSampled(sampled),
  );
}

function printSampled({ stratifiedBy, source, column }: SampledClause): string {
  return words(
    'SAMPLED',
    stratifiedBy.length > 0 && `STRATIFIED BY ${printNames(stratifiedBy)}`,
    source.toUpperCase(),
    printName(column),
  );
}

function printCreateSample(statement: CreateSampleStatement): string {
  return words(
    'CREATE SAMPLE',
    statement.ifNotExists && 'IF NOT EXISTS',
    statement.name && printName(statement.name),
    `ON ${printName(statement.table)}`,
    printDrawn(statement),
    statement.seed && `SEED ${statement.seed.value}`,
  );
}

function printSampleList({ ifNotExists, table, samples, seed }: CreateSampleListStatement): string {
  return words(
    'CREATE SAMPLES',
    ifNotExists && 'IF NOT EXISTS',
    `ON ${printName(table)}`,
    samples.map((item) => words(printDrawn(item), item.name && `AS ${printName(item.name)}`)).join(', '),
    seed && `SEED ${seed.value}`,
  );
}

function printDrawn({ method, outliersOf }: Pick<SampleItem, 'method' | 'outliersOf'>): string {
  return words(printMethod(method), outliersOf.length > 0 && `OUTLIERS OF ${printNames(outliersOf)}`);
}

function printMethod(method: SampleMethod): string {
  switch (method.kind) {
    case 'uniform':
      return `UNIFORM ${printSize(method.size)}`;
    case 'stratified':
      return `STRATIFIED BY ${printNames(method.columns)} CAP ${method.cap.value}`;
    case 'universe':
      return `UNIVERSE BY ${printNames(method.columns)} ${method.percent.value}%`;
    default:
      return assertNever(method);
  }
}

function printSize({ unit, amount }: SampleSize): string {
  return unit === 'rows' ? `${amount.value} ROWS` : `${amount.value}%`;
}

function printCreateSamples({ table, budget, columnSets }: CreateSamplesStatement): string {
  return words(
    `CREATE SAMPLES ON ${printName(table)} BUDGET ${printSize(budget)}`,
    columnSets.length > 0 && `FOR ${columnSets.map(printNames).join(', ')}`,
  );
}
