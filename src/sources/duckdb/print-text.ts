import { type BoundExpression, contains, type FunctionCall, type SqlType } from '../../plan/index.ts';

/*
 * Functions that can make a text much longer than those they are given, as DuckDB is to call them. A text that is being made lies outside
 * of DuckDB's memory limit, and 2,048 rows of it are made before anything is looked at. So each row is first asked how long its text can
 * become, and refused where that is too long. The question needs the arguments twice: they stand in a list of one, which a lambda takes;
 * written out twice, calls within calls would double with each level.
 */

/** Bytes that the texts of one row may take, those of all calls of a statement together: half a gigabyte in 2,048 rows. */
const rowBytesMax = 2 ** 18;
/** Bytes of one text, however few calls there are. */
const textBytesMax = 2 ** 16;
/** Pairs of letters that one comparison of two texts may look at: 2,048 rows take some seconds, and cannot be interrupted. */
const pairsMax = 1e6;
/** Constants so short do no harm wherever they are added. */
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

interface Maker {
  /** Bytes of the result at most, or letters to compare, in SQL; from the arguments of one row. */
  readonly cost: (args: readonly Argument[]) => string;
  /** Whether the statement alone tells that the result is hardly longer than what it is made of. */
  readonly isHarmless: (args: readonly BoundExpression[]) => boolean;
  readonly infix?: boolean;
}

const never = (): boolean => false;
const sum = (parts: readonly string[]): string => parts.join(' + ');

const pad: Maker = {
  cost: ([, letters]) => `4e0 * ${letters!.value}`, // a letter has four bytes at most; three arguments are there
  isHarmless: ([, letters]) => letters?.kind === 'constant' && Number(letters.value) <= shortBytes,
};
const join: Maker = {
  cost: (args) => sum(args.map(({ bytes }) => bytes)),
  isHarmless: isAddedTo,
};

/** The functions, by their names. Arguments are there as the table of functions asks for them. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['repeat', { cost: ([a, n]) => `${a!.bytes} * greatest(${n!.value}, 0)`, isHarmless: never }],
  ['lpad', pad],
  ['rpad', pad],
  ['||', { ...join, infix: true }],
  ['concat', join],
  [
    'concat_ws',
    { ...join, cost: ([by, ...args]) => sum(args.map(({ bytes }) => `${bytes} + ${by!.bytes}`)) },
  ],
  [
    'replace',
    {
      cost: ([a, from, to]) => `${a!.bytes} * (1 + ${to!.bytes} / greatest(${from!.bytes}, 1))`,
      isHarmless: ([, from, to]) => bytesOf(to) <= bytesOf(from),
    },
  ],
  [
    'regexp_replace',
    {
      // It may match between all letters, and two letters of the replacement stand for a whole match.
      cost: ([a, , to]) => `(${a!.bytes} + 1) * (1 + 1.5e0 * ${to!.bytes})`,
      isHarmless: ([, , to]) => bytesOf(to) === 0,
    },
  ],
  [
    'strftime',
    {
      // A constant; the longest that two letters of it stand for has some thirty.
      cost: ([a, b]) => `16e0 * (${a!.bytes} + ${b!.bytes})`,
      isHarmless: (args) => args.some((arg) => bytesOf(arg) <= shortBytes),
    },
  ],
  [
    'format',
    {
      // Widths of three digits, and those that are arguments, are for nobody to read.
      cost: ([text, ...args]) =>
        `CASE WHEN regexp_matches(replace(${text!.value}, '{{', ''), '[{][^}]*([0-9]{3}|[{])') THEN 1e300 ELSE ${text!.bytes} * (400 + ${sum(['0', ...args.map(({ bytes }) => bytes)])}) END`,
      isHarmless: never,
    },
  ],
  ['levenshtein', { cost: ([a, b]) => `${a!.bytes} * ${b!.bytes}`, isHarmless: never }],
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

const isMaker = (expression: BoundExpression): boolean =>
  expression.kind === 'function' && makers.has(expression.name);

/** Bytes that each text may take in a statement with so many calls that make texts. */
export function textLimit(calls: number): number {
  return Math.floor(Math.min(textBytesMax, rowBytesMax / Math.max(1, calls)));
}

/**
 * Prints a call that may make a text too long, so that it is refused then.
 * @param printed the arguments in DuckDB's SQL
 * @param bytesMax of the text, from {@link textLimit}
 * @returns null where the call can be printed as any other
 */
export function printMadeText(
  { name, arguments: args }: FunctionCall,
  printed: readonly string[],
  bytesMax: number,
): string | null {
  const maker = makers.get(name);
  if (maker === undefined || maker.isHarmless(args)) return null;
  const fields: string[] = [];
  const within = args.map((arg, place): Argument => {
    const isConstant = arg.kind === 'constant';
    if (!isConstant) fields.push(`a${place}: ${printed[place]}`);
    const value = isConstant ? printed[place]! : `v.a${place}`; // as many as arguments
    const text = arg.type.kind === 'varchar' ? value : `CAST(${value} AS VARCHAR)`;
    return { value, bytes: isPlain(arg.type) ? `${plainBytes}e0` : `CAST(strlen(${text}) AS DOUBLE)` };
  });
  const values = within.map(({ value }) => value);
  const call = maker.infix === true ? `(${values.join(` ${name} `)})` : `${name}(${values.join(', ')})`;
  const [most, words] =
    name === 'levenshtein'
      ? [pairsMax, `levenshtein would compare more than ${pairsMax} pairs of letters`]
      : [bytesMax, `${name} would make a text of more than ${bytesMax} bytes`];
  const checked = `CASE WHEN ${maker.cost(within)} > ${most} THEN error('${words}') ELSE ${call} END`;
  // Of constants alone DuckDB makes one text, not one a row.
  return fields.length === 0
    ? `(${checked})`
    : `list_transform([{${fields.join(', ')}}], lambda v: ${checked})[1]`;
}

/** What DuckDB's message begins with where {@link printMadeText} refused a row. */
export const refusedText = /^Invalid Input Error: (?=\S+ would (make a text|compare))/;
