import { type Clock, didYouMean, QueryError, type Span } from '../../common/index.ts';
import type { Parameter } from '../../parser/index.ts';
import {
  bigintType,
  booleanType,
  type Constant,
  doubleType,
  hugeintType,
  integerType,
  narrowInteger,
  nullType,
  type OutputColumn,
  timestampType,
  varcharType,
} from '../../plan/index.ts';

/** A value for a placeholder, as callers give it. */
export type ParameterValue = string | number | bigint | boolean | Date | null;
export type Parameters = readonly ParameterValue[] | Readonly<Record<string, ParameterValue>>;

/** A table that statements can name. */
export interface KnownTable {
  readonly name: string;
  readonly columns: readonly OutputColumn[];
  /** Why it must not be used; not there: nothing is known against it. */
  readonly trouble?: string | undefined;
}

/** The error of a statement that names a table of which the catalog has lost what it knew. */
export function damagedTable(name: string, trouble: string, span: Span): QueryError {
  return new QueryError('DAMAGED_CATALOG', `the table ${name} cannot be used: ${trouble}`, {
    span,
    hint: `DROP TABLE ${name} and create it again from its file`,
  });
}

/** What binding needs to know from outside the statement, and the numbers that it gives out. */
export class BindContext {
  private relations = 0;
  private commons = 0;
  private readonly usedPositions = new Set<number>();

  constructor(
    readonly tables: readonly KnownTable[],
    /** null: placeholders stand for NULL. */
    private readonly parameters: Parameters | null,
    readonly clock: Clock,
  ) {}

  nextRelation(): number {
    return this.relations++;
  }

  nextCommonName(): string {
    return `with_${this.commons++}`;
  }

  /** The constant that a placeholder stands for. @throws QueryError INVALID_PARAMETER where no value was given for it */
  parameter({ name, index, span }: Parameter): Constant {
    const values = this.parameters;
    if (values === null) return constantOf(null, span);
    if (Array.isArray(values)) {
      const list = values as readonly ParameterValue[];
      if (index === null)
        throw missing(`:${name} needs parameters by name, but they were given by position`, span);
      this.usedPositions.add(index);
      const value = list[index];
      if (value === undefined)
        throw missing(`there is no value for parameter ${index + 1}: ${list.length} given`, span);
      return constantOf(value, span);
    }
    const named = values as Readonly<Record<string, ParameterValue>>; // not an array
    if (name === null) throw missing('? needs parameters by position, but none were given', span);
    const value = Object.hasOwn(named, name) ? named[name] : undefined;
    if (value === undefined)
      throw missing(`there is no value for parameter :${name}`, span, didYouMean(name, Object.keys(named)));
    return constantOf(value, span);
  }

  /** @throws QueryError INVALID_PARAMETER where more values were given by position than the statement uses */
  checkAllUsed(): void {
    if (Array.isArray(this.parameters) && this.parameters.length > this.usedPositions.size) {
      throw new QueryError(
        'INVALID_PARAMETER',
        `${this.parameters.length} parameters were given, the statement has ${this.usedPositions.size}`,
      );
    }
  }
}

function missing(message: string, span: Span, hint?: string): QueryError {
  return new QueryError('INVALID_PARAMETER', message, { span, hint });
}

/** A value given from outside takes on the type that its place wants, as a bare literal does. */
function constantOf(value: ParameterValue, span: Span): Constant {
  const constant = (scalar: Constant['value'], type: Constant['type'], literal = true): Constant => ({
    kind: 'constant',
    value: scalar,
    type,
    literal,
    span,
  });
  if (value === null) return constant(null, nullType);
  if (typeof value === 'boolean') return constant(value, booleanType);
  if (typeof value === 'string') return constant(value, varcharType);
  if (value instanceof Date) return constant(value.getTime() * 1000, timestampType, false);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return constant(value, doubleType, false);
  return integerConstant(BigInt(value), span);
}

/** A whole number with the narrowest of INTEGER, BIGINT and HUGEINT that holds it; a DOUBLE beyond. */
export function integerConstant(value: bigint, span: Span): Constant {
  const fits = (bits: number): boolean => BigInt.asIntN(bits, value) === value;
  const type = fits(32) ? integerType : fits(64) ? bigintType : hugeintType;
  if (!fits(128)) return { kind: 'constant', value: Number(value), type: doubleType, literal: false, span };
  return { kind: 'constant', value: narrowInteger(value), type, literal: true, span };
}
