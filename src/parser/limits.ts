import { type CstElement, type IToken, tokenMatcher, type TokenType } from 'chevrotain';
import { QueryError, type Span } from '../common/index.ts';
import { spanOf } from './cst.ts';
import { keyword } from './keywords.ts';
import { category, lexeme, symbol } from './tokens.ts';

/*
 * Limits that keep every statement safe to parse and to walk. The parser descends recursively, about 85 calls a level, so depth
 * is counted on the tokens, before it runs; whoever walks the tree recursively relies on the tree's own depth.
 */

const textBytesMax = 64 * 1024;
const tokensMax = 10_000;
const nestingMax = 64;
/** Operators of one chain `a + b - c …` without parentheses, joins of one FROM, set operations of one query. */
const chainLinksMax = 256;
/** Nodes from the statement down to its deepest leaf. */
const treeDepthMax = 512;

/**
 * Refuses a text that is too long.
 * @throws QueryError LIMIT_EXCEEDED where it has more than 64 KiB of UTF-8
 */
export function checkTextSize(sql: string): void {
  const bytes = Buffer.byteLength(sql);
  if (bytes > textBytesMax) {
    throw new QueryError('LIMIT_EXCEEDED', `the statement has ${bytes} bytes, more than ${textBytesMax}`);
  }
}

/**
 * Refuses too many tokens, and tokens that nest too deep.
 * @throws QueryError LIMIT_EXCEEDED at the first token too many, or at the first that nests too deep
 */
export function checkTokens(tokens: readonly IToken[]): void {
  const excess = tokens[tokensMax];
  if (excess !== undefined) throw exceeded(`the statement has more than ${tokensMax} tokens`, excess);
  checkNesting(tokens);
}

/** Parentheses and CASE nest until they are closed, prefix operators until the operand behind them ends. */
function checkNesting(tokens: readonly IToken[]): void {
  const outerDepths: number[] = [];
  let depth = 0;
  let prefixes = 0;
  let previous: IToken | undefined;
  for (const token of tokens) {
    const type = token.tokenType;
    if (isPrefixOperator(token, previous)) {
      prefixes += 1;
    } else {
      if (type === symbol.open || type === keyword.CASE) {
        outerDepths.push(depth);
        depth += prefixes + 1;
      } else if (type === symbol.close || type === keyword.END) {
        // A closing too many is a syntax error, which the parser meets before anything behind it.
        depth = outerDepths.pop() ?? 0;
      }
      prefixes = 0;
    }
    if (depth + prefixes > nestingMax) {
      throw exceeded(`the statement nests more than ${nestingMax} levels deep`, token);
    }
    previous = token;
  }
}

const operandEnds: ReadonlySet<TokenType> = new Set([
  lexeme.number,
  lexeme.string,
  lexeme.namedParameter,
  symbol.positionalParameter,
  symbol.close,
  keyword.END,
  keyword.NULL,
  keyword.TRUE,
  keyword.FALSE,
]);

/** NOT, + or - before an operand, not between two, nor the NOT of IS NOT. */
function isPrefixOperator({ tokenType }: IToken, previous: IToken | undefined): boolean {
  if (tokenType !== keyword.NOT && tokenType !== symbol.minus && tokenType !== symbol.plus) return false;
  if (previous === undefined) return true;
  if (previous.tokenType === keyword.IS || operandEnds.has(previous.tokenType)) return false;
  return !tokenMatcher(previous, category.name);
}

/**
 * Refuses a chain that is too long.
 * @param links the operators of one chain, or what stands for them
 * @throws QueryError LIMIT_EXCEEDED at the link with which the chain becomes too long
 */
export function checkChain(links: readonly CstElement[]): void {
  const excess = links[chainLinksMax];
  if (excess !== undefined) throw exceeded(`more than ${chainLinksMax} operators in one chain`, excess);
}

interface PlacedNode {
  readonly span: Span;
}

/**
 * Refuses a tree that is too deep to walk recursively: chains inside chains could still make one.
 * @throws QueryError LIMIT_EXCEEDED at the first node that lies too deep
 */
export function checkTreeDepth(root: PlacedNode): void {
  const waiting: { readonly value: object; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value } = next;
    // Lists and parts without a span are no nodes of their own.
    const depth = 'span' in value ? next.depth + 1 : next.depth;
    if (depth > treeDepthMax) {
      // Only nodes add to the depth, and a node has a span.
      const { span } = value as PlacedNode;
      throw new QueryError('LIMIT_EXCEEDED', `the statement's tree is more than ${treeDepthMax} nodes deep`, {
        span,
      });
    }
    for (const part of Object.values(value)) {
      if (typeof part === 'object' && part !== null) waiting.push({ value: part, depth });
    }
  }
}

function exceeded(message: string, at: CstElement): QueryError {
  return new QueryError('LIMIT_EXCEEDED', message, { span: spanOf(at) });
}
