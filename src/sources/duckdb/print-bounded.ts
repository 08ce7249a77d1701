import { type BoundExpression, contains, type FunctionCall, type SqlType } from '../../plan/index.ts';

/*
 * Functions that can make a text much longer than those they are given, or take very long over two texts, as DuckDB is to call them. A text
 * that is being made lies outside of DuckDB's memory limit, and 2,048 rows of it are made before anything is looked at, an interrupt
 * included. So each row is first asked how much it can become, and refused where that is too much. The question needs the arguments twice:
 * they stand in a list of one, which a lambda takes; written out twice, calls within calls would double with each level.
 */

/** Bytes that the texts of one row may take, those of all calls of a statement together: half a gigabyte in 2,048 rows. */
const rowBytesMax = 2 ** 18;
/** Bytes of one text, however few calls there are. */
const textBytesMax = 2 ** 16;
/** Constants so short do no harm wherever they are added or looked for. */
const shortBytes = 256;
/** Bytes of a number, a time or an interval as text, at most. */
const plainBytes = 64;

/** An argument within the lambda. */
interface Argument {
  /** Its value, in SQL. */
  readonly value: string;
  /** The bytes of its value as text, in SQL: a DOUBLE, which does not overflow. */
  readonly bytes: string;
}

/** Something that a call may have too much of. */
interface Bound {
  /** The bytes of its text, or the pairs of letters that it compares, at most; in SQL, from the arguments of one row. */
  readonly cost: (args: readonly Argument[]) => string;
  /** Pairs that it may compare: 2,048 rows of as many take seconds. Absent: it is bytes that are counted. */
  readonly pairsMax?: number;
  /** Whether the statement alone tells that it is little. */
  readonly isHarmless: (args: readonly BoundExpression[]) => boolean;
}

const sum = (parts: readonly string[]): string => parts.join(' + ');
const product = ([a, b]: readonly Argument[]): string => `${a!.bytes} * ${b!.bytes}`; // both are there

const padded: Bound = {
  cost: ([, letters]) => `4e0 * ${letters!.value}`, // a letter has four bytes at most; three arguments are there
  isHarmless: ([, letters]) => letters?.kind === 'constant' && Number(letters.value) <= shortBytes,
};
const joined: Bound = { cost: (args) => sum(args.map(({ bytes }) => bytes)), isHarmless: isAddedTo };
/** DuckDB tries every place. */
const searched: Bound = {
  cost: product,
  pairsMax: 1e7,
  isHarmless: ([, sought]) => bytesOf(sought) <= shortBytes,
};
/**
 * RE2 has as many states as the pattern has letters, and may look at all of them for each letter of the text; to make them takes as long as
 * some two hundred letters.
 */
const matched: Bound = {
  cost: ([text, pattern]) => `(${text!.bytes} + 200) * ${pattern!.bytes}`, // both are there
  pairsMax: 1e6,
  isHarmless: ([text, pattern]) =>
    bytesOf(pattern) <= shortBytes && text !== undefined && !contains(text, isMaker),
};

/** The functions, by their names. Arguments are there as the table of functions asks for them. */
const bounded: ReadonlyMap<string, readonly Bound[]> = new Map<string, readonly Bound[]>([
  ['repeat', [{ cost: ([a, n]) => `${a!.bytes} * greatest(${n!.value}, 0)`, isHarmless: () => false }]],
  ['lpad', [padded]],
  ['rpad', [padded]],
  ['||', [joined]],
  ['concat', [joined]],
  [
    'concat_ws',
    [{ ...joined, cost: ([by, ...args]) => sum(args.map(({ bytes }) => `${bytes} + ${by!.bytes}`)) }],
  ],
  [
    'replace',
    [
      {
        cost: ([a, from, to]) => `${a!.bytes} * (1 + ${to!.bytes} / greatest(${from!.bytes}, 1))`,
        isHarmless: ([, from, to]) => bytesOf(to) <= bytesOf(from),
      },
      searched,
    ],
  ],
  [
    'regexp_replace',
    [
      {
        // It may match between all letters, and two letters of the replacement stand for a whole match.
        cost: ([a, , to]) => `(${a!.bytes} + 1) * (1 + 1.5e0 * ${to!.bytes})`,
        isHarmless: ([, , to]) => bytesOf(to) === 0,
      },
      matched,
    ],
  ],
  [
    'strftime',
    [
      {
        // A constant; the longest that two letters of it stand for has some thirty.
        cost: ([a, b]) => `16e0 * (${a!.bytes} + ${b!.bytes})`,
        isHarmless: (args) => args.some((arg) => bytesOf(arg) <= shortBytes),
      },
    ],
  ],
  [
    'format',
    [
      {
        // Widths of three digits, and those that are arguments, are for nobody to read.
        cost: ([text, ...args]) =>
          `CASE WHEN regexp_matches(replace(${text!.value}, '{{', ''), '[{][^}]*([0-9]{3}|[{])') THEN 1e300 ELSE ${text!.bytes} * (400 + ${sum(['0', ...args.map(({ bytes }) => bytes)])}) END`,
        isHarmless: () => false,
      },
    ],
  ],
  ['levenshtein', [{ cost: product, pairsMax: 1e6, isHarmless: () => false }]],
  ['contains', [searched]],
  ['strpos', [searched]],
  ['split_part', [searched]],
  ['like', [matched]],
  ['ilike', [matched]],
  ['regexp_matches', [matched]],
  ['regexp_full_match', [matched]],
  ['regexp_extract', [matched]],
]);

/** The bytes of a constant text; NaN where it is none, which compares with nothing. */
function bytesOf(expression: BoundExpression | undefined): number {
  if (expression?.kind !== 'constant' || typeof expression.value !== 'string') return NaN;
  return Buffer.byteLength(expression.value);
}

/** True for values whose text is short whatever they are. */
const isPlain = ({ kind }: SqlType): boolean => kind !== 'varchar' && kind !== 'other';

/** Whether something short is added to one text, which is itself not made. */
function isAddedTo(args: readonly BoundExpression[]): boolean {
  const open = args.filter((arg) => arg.kind !== 'constant' && !isPlain(arg.type));
  const added = args.reduce((bytes, arg) => bytes + (arg.kind === 'constant' ? bytesOf(arg) || 0 : 0), 0);
  return open.length <= 1 && added <= shortBytes && !open.some((arg) => contains(arg, isMaker));
}

/** True where a call can make a text of any length. */
const isMaker = (expression: BoundExpression): boolean =>
  expression.kind === 'function' &&
  bounded.get(expression.name)?.some(({ pairsMax }) => pairsMax === undefined) === true;

/** Bytes that each text may take in a statement with so many calls that make texts. */
export function textLimit(calls: number): number {
  return Math.floor(Math.min(textBytesMax, rowBytesMax / Math.max(1, calls)));
}

/**
 * Prints a call that may make a text too long, or take too long, so that it is refused then.
 * @param printed the arguments in DuckDB's SQL
 * @param print the call in DuckDB's SQL, from its arguments
 * @param bytesMax of a text, from {@link textLimit}
 */
export function printBounded(
  { name, arguments: args }: Pick<FunctionCall, 'name' | 'arguments'>,
  printed: readonly string[],
  print: (args: readonly string[]) => string,
  bytesMax: number,
): string {
  const bounds = bounded.get(name)?.filter(({ isHarmless }) => !isHarmless(args)) ?? [];
  if (bounds.length === 0) return print(printed);
  const fields: string[] = [];
  const within = args.map((arg, place): Argument => {
    const isConstant = arg.kind === 'constant';
    if (!isConstant) fields.push(`a${place}: ${printed[place]}`);
    const value = isConstant ? printed[place]! : `v.a${place}`; // as many as arguments
    const text = arg.type.kind === 'varchar' ? value : `CAST(${value} AS VARCHAR)`;
    return { value, bytes: isPlain(arg.type) ? `${plainBytes}e0` : `CAST(strlen(${text}) AS DOUBLE)` };
  });
  const refusals = bounds.map(({ cost, pairsMax }) => {
    const [most, words] =
      pairsMax === undefined
        ? [bytesMax, `make a text of more than ${bytesMax} bytes`]
        : [pairsMax, `compare more than ${pairsMax} pairs of letters`];
    return `WHEN ${cost(within)} > ${most} THEN error('${name} would ${words}')`;
  });
  const checked = `CASE ${refusals.join(' ')} ELSE ${print(within.map(({ value }) => value))} END`;
  // Of constants alone DuckDB makes one text, not one a row.
  return fields.length === 0
    ? `(${checked})`
    : `list_transform([{${fields.join(', ')}}], lambda v: ${checked})[1]`;
}

/** What DuckDB's message begins with where {@link printBounded} refused a row. */
export const refusedCall = /^Invalid Input Error: (?=\S+ would (make a text|compare))/;
