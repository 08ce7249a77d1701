import { assertNever } from '../common/index.ts';
import type { Identifier } from './ast.ts';
import type {
  BooleanLiteral,
  ColumnReference,
  IntervalLiteral,
  NullLiteral,
  NumberLiteral,
  Parameter,
  StringLiteral,
  TemporalLiteral,
  TypeName,
} from './expression.ts';
import { isFunctionWord, isReservedWord } from './keywords.ts';
import { isBareName } from './tokens.ts';

/* Prints what holds no other expression: names, literals and what is made of them alone. */

/** Joins the words that are there with single spaces. */
export function words(...parts: readonly (string | null | false)[]): string {
  return parts.filter((part) => part !== null && part !== false && part !== '').join(' ');
}

/** A name, quoted where it would not be a name otherwise. */
export function printName({ name }: Identifier): string {
  return isBareName(name) && !isReservedWord(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The name of a function; LEFT and RIGHT need no quotes there. */
export function printFunctionName(identifier: Identifier): string {
  return isFunctionWord(identifier.name) ? identifier.name : printName(identifier);
}

/** `(a, b)` */
export function printNames(names: readonly Identifier[]): string {
  return `(${names.map(printName).join(', ')})`;
}

/** A string literal. */
export function printString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A type: `DECIMAL(10, 2)`, `TIMESTAMP(3) WITH TIME ZONE` */
export function printType({ name, arguments: numbers }: TypeName): string {
  if (numbers.length === 0) return name;
  const list = `(${numbers.join(', ')})`;
  return name.endsWith(' TIME ZONE') ? name.replace(' ', `${list} `) : name + list;
}

/** An expression that holds no other. */
export type Leaf =
  | NullLiteral
  | BooleanLiteral
  | NumberLiteral
  | StringLiteral
  | TemporalLiteral
  | IntervalLiteral
  | ColumnReference
  | Parameter;

/** An expression that holds no other. */
export function printLeaf(leaf: Leaf): string {
  switch (leaf.kind) {
    case 'null':
      return 'NULL';
    case 'boolean':
      return leaf.value ? 'TRUE' : 'FALSE';
    case 'number':
      return leaf.text;
    case 'string':
      return printString(leaf.value);
    case 'temporal':
      return `${leaf.type.toUpperCase()} ${printString(leaf.text)}`;
    case 'interval':
      return words('INTERVAL', printString(leaf.text), leaf.unit?.toUpperCase() ?? null);
    case 'column':
      return leaf.qualifier === null
        ? printName(leaf.name)
        : `${printName(leaf.qualifier)}.${printName(leaf.name)}`;
    case 'parameter':
      return leaf.name === null ? '?' : `:${leaf.name}`;
    default:
      return assertNever(leaf);
  }
}
