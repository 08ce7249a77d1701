import type { Dictionary, NumberArray } from '../../columns/index.ts';
import type { BoundExpression, ColumnRange, ColumnValue, Range, Scalar } from '../../plan/index.ts';
import { expressionKey, rangeOf } from '../../plan/index.ts';
import type { HelperSpec } from '../helpers.ts';
import { Interner } from '../interner.ts';

/** A number for each row: integers, dates (days), timestamps (microseconds), DECIMAL scaled, DOUBLE. */
export interface NumberCode {
  readonly kind: 'number';
  /** A JavaScript expression; anything where the value is NULL. */
  readonly value: string;
  /** A JavaScript condition; null: never NULL. */
  readonly isNull: string | null;
}
/** A truth value for each row; `value` is true only where it is true and not NULL. */
export interface BooleanCode {
  readonly kind: 'boolean';
  readonly value: string;
  readonly isNull: string | null;
}
/** A text for each row, as its code in a dictionary; the code after the last entry is NULL. */
export interface TextCode {
  readonly kind: 'text';
  readonly code: string;
  readonly dictionary: Dictionary;
}
export type RowCode = NumberCode | BooleanCode | TextCode;

/** Thrown where kernels cannot compute an expression just as DuckDB would; the query then goes another way. */
export class NotOnKernels extends Error {}

/** A column as the generated code reads it. */
export interface KernelColumn {
  /** Name in the sample file. */
  readonly name: string;
  readonly nullable: boolean;
  /** Whole numbers are stored: even where the value is NULL there is one. */
  readonly whole: boolean;
  readonly dictionary: Dictionary | null;
}

/** What lowering asks of the sample. */
export interface ColumnSource {
  /** @throws NotOnKernels where the sample does not hold the column, or holds values that kernels cannot handle */
  readonly columnOf: (column: ColumnValue) => KernelColumn;
  readonly range: ColumnRange;
  /** Keeps what is computed once for all entries of a dictionary. */
  readonly liftCache: LiftCache;
}

/** For each entry of a dictionary (and NULL behind them) a value: lifted once, used by many queries. */
export interface LiftCache {
  get(dictionary: Dictionary, key: string, make: () => readonly Scalar[]): readonly Scalar[];
}

/** What generated code reads from outside: parameters, numbered in order of appearance. */
export interface KernelParameters {
  readonly columns: KernelColumn[];
  readonly constants: number[];
  /** Constants of 32 bits: compared with them, whole numbers need not become doubles. */
  readonly words: number[];
  readonly tables: NumberArray[];
  readonly helpers: HelperSpec[];
  /** What helpers of the kind `intern` give their codes by. */
  readonly interners: Interner[];
}

/**
 * Collects generated code for the body of a loop over rows `i`. No identifier and no literal of the user gets into the code: these
 * are parameters. Conditions are joined by `&` and `|`, not `&&` and `||`: these become jumps, and a processor that guesses a
 * jump wrong for every other row loses more time than the other side of the condition costs.
 */
export class Emitter {
  readonly lines: string[] = [];
  private readonly memo = new Map<string, RowCode>();
  private temporaries = 0;

  /** @param rules what code an expression becomes; they call back for its parts */
  constructor(
    readonly source: ColumnSource,
    private readonly rules: (expression: BoundExpression, emitter: Emitter) => RowCode,
    readonly parameters: KernelParameters = {
      columns: [],
      constants: [],
      words: [],
      tables: [],
      helpers: [],
      interners: [],
    },
  ) {}

  /** An emitter for the body of another loop of the same kernel: the same parameters, but nothing computed yet. */
  anotherLoop(): Emitter {
    return new Emitter(this.source, this.rules, this.parameters);
  }

  /**
   * Code for one row that computes what DuckDB computes. The same expression is computed once.
   * @throws NotOnKernels
   */
  lower(expression: BoundExpression): RowCode {
    const key = expressionKey(expression);
    const known = this.memo.get(key);
    if (known !== undefined) return known;
    const code = this.named(this.rules(expression, this));
    this.memo.set(key, code);
    return code;
  }

  /** A condition as code. @throws NotOnKernels where it is no truth value */
  lowerBoolean(expression: BoundExpression): BooleanCode {
    const code = this.lower(expression);
    if (code.kind === 'boolean') return code;
    if (code.kind === 'number' && expression.type.kind === 'null')
      return { ...code, kind: 'boolean', value: 'false' };
    throw new NotOnKernels('a condition is no truth value');
  }

  private named(code: RowCode): RowCode {
    if (code.kind === 'text') return { ...code, code: this.temporary(code.code) };
    const isNull = code.isNull === null ? null : this.temporary(code.isNull);
    return { ...code, value: this.temporary(code.value), isNull };
  }

  /** The place of a column among the kernel's columns. */
  columnPlace(column: ColumnValue): number {
    const { columns } = this.parameters;
    const found = this.source.columnOf(column);
    const known = columns.findIndex(({ name }) => name === found.name);
    return known >= 0 ? known : columns.push(found) - 1;
  }

  constant(value: number): string {
    return `k${this.parameters.constants.push(value) - 1}`;
  }

  /** A constant that whole numbers are compared with or taken off: one of 32 bits where it can be. */
  whole(value: number): string {
    if ((value | 0) !== value) return this.constant(value);
    return `n${this.parameters.words.push(value) - 1}`;
  }

  /** The number that code stands for where it is a constant: a literal or a name given by {@link constant} or {@link whole}; else null. */
  constantOf(code: string): number | null {
    if (code === 'true' || code === 'false') return Number(code === 'true');
    if (/^\d+$/.test(code)) return Number(code);
    if (/^n\d+$/.test(code)) return this.parameters.words[Number(code.slice(1))]!; // named by place
    return /^k\d+$/.test(code) ? this.parameters.constants[Number(code.slice(1))]! : null; // named by place
  }

  table(table: NumberArray): string {
    return `t${this.parameters.tables.push(table) - 1}`;
  }

  helper(helper: HelperSpec): string {
    return `f${this.parameters.helpers.push(helper) - 1}`;
  }

  /** A place for codes of numbers, in order of their appearance. */
  interner(): { readonly place: number; readonly interner: Interner } {
    const interner = new Interner();
    return { place: this.parameters.interners.push(interner) - 1, interner };
  }

  /** Names the value of an expression, so that it is computed once. */
  temporary(expression: string): string {
    if (/^([a-z]+\d*|\d+)$/.test(expression)) return expression;
    const name = `x${this.temporaries++}`;
    this.lines.push(`const ${name} = ${expression};`);
    return name;
  }

  /** Whether the code so far calls functions. */
  get calls(): boolean {
    return this.lines.some((line) => /\bf\d+\(/.test(line));
  }

  rangeOf(expression: BoundExpression): Range | null {
    return rangeOf(expression, this.source.range);
  }
}

/** NULL where one of the parts is. */
export function anyNull(...parts: readonly (string | null)[]): string | null {
  const conditions = parts.filter((part) => part !== null);
  return conditions.length === 0
    ? null
    : conditions.length === 1
      ? conditions[0]!
      : `(${conditions.join(' | ')})`;
}
