import type { CstNode, IToken } from 'chevrotain';
import { QueryError } from '../common/index.ts';
import type { Identifier, NumberWithSpan, StringWithSpan } from './ast.ts';
import { ownTokensOf, spanOf, tokenIf, tokenOf, tokensOf } from './cst.ts';
import { describeToken } from './describe-token.ts';
import type {
  ColumnReference,
  IntervalLiteral,
  IntervalUnit,
  TemporalLiteral,
  TypeName,
} from './expression.ts';
import { category, lexeme, symbol } from './tokens.ts';

/* Builds what holds no other expression: names, numbers, strings and what is made of them alone. */

/** A name as written, without its quotes. */
export function buildIdentifier(token: IToken): Identifier {
  const name = token.tokenType === lexeme.quotedName ? unquote(token.image, '"') : token.image;
  return { name, span: spanOf(token) };
}

/** The name that stands in a node itself. */
export function buildName(node: CstNode): Identifier {
  return buildIdentifier(tokenOf(node, category.name));
}

/** A string literal of a clause. */
export function buildString(token: IToken): StringWithSpan {
  return { value: stringValue(token), span: spanOf(token) };
}

/** The value of a string literal. */
export function stringValue(token: IToken): string {
  return unquote(token.image, "'");
}

function unquote(image: string, quote: string): string {
  return image.slice(1, -1).replaceAll(quote + quote, quote);
}

/** The names of a list in parentheses, none where there is no list. */
export function buildNames(list: CstNode | undefined): readonly Identifier[] {
  return list === undefined ? [] : tokensOf(list, category.name).map(buildIdentifier);
}

/** The text of a number, without the underscores between its digits. */
export function numberText(token: IToken): string {
  return token.image.replaceAll('_', '');
}

/**
 * The one number of a clause, its percent sign included.
 * @throws QueryError INVALID_ARGUMENT where the number is larger than any double
 */
export function buildAmount(clause: CstNode): NumberWithSpan {
  const number = tokenOf(clause, lexeme.number);
  const value = Number(numberText(number));
  const span = { start: number.startOffset, end: spanOf(tokenIf(clause, symbol.percent) ?? number).end };
  if (Number.isFinite(value)) return { value, span };
  throw new QueryError('INVALID_ARGUMENT', `the number ${describeToken(number)} is too large`, { span });
}

/** `name` or `qualifier.name` */
export function buildColumn(node: CstNode): ColumnReference {
  const names = tokensOf(node, category.name).map(buildIdentifier);
  // The rule has one name or two.
  return {
    kind: 'column',
    qualifier: names.length > 1 ? names[0]! : null,
    name: names.at(-1)!,
    span: spanOf(node),
  };
}

/** `INTERVAL '3' DAY`, `INTERVAL 3 DAY`, `INTERVAL '3 days'` */
export function buildInterval(node: CstNode): IntervalLiteral {
  const string = tokenIf(node, lexeme.string);
  const unit = tokenIf(node, category.intervalUnit);
  return {
    kind: 'interval',
    text: string === undefined ? numberText(tokenOf(node, lexeme.number)) : stringValue(string),
    // The keywords are named like the units.
    unit: unit === undefined ? null : (unit.tokenType.name.toLowerCase() as IntervalUnit),
    span: spanOf(node),
  };
}

/** `DATE '2001-02-03'` and its like. */
export function buildTemporal(node: CstNode): TemporalLiteral {
  return {
    kind: 'temporal',
    // The keywords are named like the types.
    type: tokenOf(node, category.temporal).tokenType.name.toLowerCase() as TemporalLiteral['type'],
    text: stringValue(tokenOf(node, lexeme.string)),
    span: spanOf(node),
  };
}

/**
 * A type as written.
 * @throws QueryError SYNTAX at an argument that is not a whole number
 */
export function buildTypeName(node: CstNode): TypeName {
  const words = ownTokensOf(node).filter((token) => /^[\p{L}_]/u.test(token.image));
  return {
    name: words.map((word) => word.image.toUpperCase()).join(' '),
    arguments: tokensOf(node, lexeme.number).map(typeArgument),
    span: spanOf(node),
  };
}

function typeArgument(token: IToken): number {
  const value = Number(token.image);
  if (/^\d+$/.test(token.image) && Number.isSafeInteger(value)) return value;
  throw new QueryError('SYNTAX', `expected a whole number, found ${describeToken(token)}`, {
    span: spanOf(token),
  });
}
