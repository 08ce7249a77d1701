import { createToken, Lexer, type TokenType } from 'chevrotain';

/*
 * The names, literals and signs of the language as Chevrotain token types; its words are in keywords.ts. A label says in an
 * error message what was expected.
 */

/** A token type that no pattern finds: a category, or a keyword, which is told from a name by look-up. */
export function abstractToken(name: string, label: string, ...categories: TokenType[]): TokenType {
  const type = createToken({ name, label, pattern: Lexer.NA });
  // Chevrotain would go over all that is in a category by then, for each type anew: of a hundred words that takes 10 ms.
  type.CATEGORIES = categories;
  takeIn(type, categories);
  return type;
}

/** Has categories, and those that they are in, match a type. */
function takeIn(type: TokenType, categories: readonly TokenType[]): void {
  const index = type.tokenTypeIdx!; // createToken gives every type its index, and room for its matches
  for (const category of categories) {
    category.categoryMatches!.push(index);
    category.categoryMatchesMap![index] = true;
    category.isParent = true;
    takeIn(type, category.CATEGORIES ?? []);
  }
}

/** Kinds of token that the grammar treats alike. */
export const category = {
  /** Whatever can name a thing: bare words, quoted names, keywords that are not reserved. */
  name: abstractToken('Name', 'a name'),
  /** AND, OR */
  connective: abstractToken('Connective', 'AND or OR'),
  comparison: abstractToken('ComparisonOperator', 'an operator'),
  arithmetic: abstractToken('ArithmeticOperator', 'an operator'),
  sign: abstractToken('Sign', 'a sign'),
  /** DATE, TIMESTAMP, …: typed literals. */
  temporal: abstractToken('TemporalWord', 'DATE or TIMESTAMP'),
  intervalUnit: abstractToken('IntervalUnit', 'a unit of time'),
  deadlineUnit: abstractToken('DeadlineUnit', 'MILLISECONDS, SECONDS or MINUTES'),
  frameUnit: abstractToken('FrameUnit', 'ROWS, RANGE or GROUPS'),
  /** Reserved words that are functions where a parenthesis follows: `LEFT(s, 2)`. */
  functionWord: abstractToken('FunctionWord', 'a function'),
} as const;

/** A sticky pattern with the Unicode flag, which Chevrotain would drop from a plain regular expression. */
function unicodePattern(source: string) {
  const pattern = new RegExp(source, 'uy');
  return {
    exec(text: string, offset: number) {
      pattern.lastIndex = offset;
      return pattern.exec(text);
    },
  };
}

const letter = String.raw`[\p{L}_]`;
const wordPart = String.raw`[\p{L}\p{M}\p{N}_$]`;
const digits = String.raw`\d+(?:_\d+)*`;
const mantissa = String.raw`(?:${digits}(?:\.(?:${digits})?)?|\.${digits})`;
const exponent = `(?:[eE][+-]?${digits})`;

/** What has a text of its own. */
export const lexeme = {
  bareName: createToken({
    name: 'BareName',
    // The grammar asks for a bare name only where a type stands.
    label: 'a type',
    pattern: unicodePattern(`${letter}${wordPart}*`),
    line_breaks: false,
    categories: category.name,
  }),
  // A closing quote is one that no quote follows: else a doubled quote at the end would hide that the text is unclosed.
  quotedName: createToken({
    name: 'QuotedName',
    label: 'a quoted name',
    pattern: /"[^"]*(?:""[^"]*)*"(?!")/,
    categories: category.name,
  }),
  string: createToken({ name: 'String', label: 'a string', pattern: /'[^']*(?:''[^']*)*'(?!')/ }),
  number: createToken({
    name: 'Number',
    label: 'a number',
    pattern: unicodePattern(`${mantissa}${exponent}?(?!${wordPart}|\\.)`),
    line_breaks: false,
  }),
  namedParameter: createToken({
    name: 'NamedParameter',
    label: 'a parameter',
    pattern: /:[A-Za-z_][A-Za-z0-9_]*/,
  }),
} as const;

const wholeBareName = new RegExp(`^${letter}${wordPart}*$`, 'u');

/** True where the text could be a name without quotes, were it not for reserved words. */
export function isBareName(text: string): boolean {
  return wholeBareName.test(text);
}

/** What the grammar never sees. */
export const skipped = {
  whitespace: createToken({ name: 'Whitespace', pattern: /\s+/, group: Lexer.SKIPPED }),
  lineComment: createToken({ name: 'LineComment', pattern: /--[^\n\r]*/, group: Lexer.SKIPPED }),
  blockComment: createToken({ name: 'BlockComment', pattern: /\/\*[\s\S]*?\*\//, group: Lexer.SKIPPED }),
} as const;

/** What no statement may hold. As tokens, so that any text can be cut into tokens. */
export const invalid = {
  unclosedString: createToken({ name: 'UnclosedString', pattern: /'[\s\S]*/ }),
  unclosedName: createToken({ name: 'UnclosedName', pattern: /"[\s\S]*/ }),
  unclosedComment: createToken({ name: 'UnclosedComment', pattern: /\/\*[\s\S]*/ }),
  malformedNumber: createToken({
    name: 'MalformedNumber',
    pattern: unicodePattern(`\\.?\\d(?:${wordPart}|\\.)*`),
    line_breaks: false,
  }),
  character: createToken({
    name: 'UnknownCharacter',
    pattern: unicodePattern(String.raw`[\s\S]`),
    line_breaks: false,
  }),
} as const;

function symbolToken(name: string, pattern: string | RegExp, ...categories: TokenType[]): TokenType {
  // Only operators have two spellings.
  const label = typeof pattern === 'string' ? `'${pattern}'` : 'an operator';
  return createToken({ name, label, pattern, categories });
}

/** Where one begins like another, the longer comes first. */
export const symbol = {
  cast: symbolToken('Cast', '::'),
  concat: symbolToken('Concat', '||', category.arithmetic),
  integerDivide: symbolToken('IntegerDivide', '//', category.arithmetic),
  power: symbolToken('Power', /\^|\*\*/, category.arithmetic),
  plus: symbolToken('Plus', '+', category.arithmetic, category.sign),
  minus: symbolToken('Minus', '-', category.arithmetic, category.sign),
  star: symbolToken('Star', '*', category.arithmetic),
  divide: symbolToken('Divide', '/', category.arithmetic),
  percent: symbolToken('Percent', '%', category.arithmetic),
  notEqual: symbolToken('NotEqual', /<>|!=/, category.comparison),
  lessOrEqual: symbolToken('LessOrEqual', '<=', category.comparison),
  greaterOrEqual: symbolToken('GreaterOrEqual', '>=', category.comparison),
  equal: symbolToken('Equal', /==?/, category.comparison),
  less: symbolToken('Less', '<', category.comparison),
  greater: symbolToken('Greater', '>', category.comparison),
  open: symbolToken('Open', '('),
  close: symbolToken('Close', ')'),
  comma: symbolToken('Comma', ','),
  dot: symbolToken('Dot', '.'),
  semicolon: symbolToken('Semicolon', ';'),
  positionalParameter: symbolToken('PositionalParameter', '?'),
} as const;
