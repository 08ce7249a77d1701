import { statSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { OpenOptions, ParamValue } from '../index.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly dataDir: string;
  readonly allow?: readonly string[];
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly taskFaults?: string;
  /** Of `serve` alone. */
  readonly maintain?: number;
}

/** The engine's options out of the command's. */
export function toOpenOptions({
  dataDir,
  allow,
  threads,
  memoryLimit,
  maintain,
  taskFaults,
}: GlobalOptions): OpenOptions {
  return {
    dataDir,
    ...(allow === undefined ? {} : { allowedPaths: allow }),
    ...(threads === undefined ? {} : { threads }),
    ...(memoryLimit === undefined ? {} : { memoryLimitBytes: memoryLimit }),
    ...(taskFaults === undefined ? {} : { taskFaults }),
    ...(maintain === undefined ? {} : { maintainEveryMs: maintain * 1000 }),
  };
}

/** Adds a value to those of an option that may stand several times. */
export function collect<T>(value: T, earlier: readonly T[] = []): T[] {
  return [...earlier, value];
}

/** A folder that exists. @throws InvalidArgumentError */
export function parseFolder(text: string): string {
  if (statSync(text, { throwIfNoEntry: false })?.isDirectory() === true) return text;
  throw new InvalidArgumentError('There is no such folder.');
}

/** A whole number within limits. @throws InvalidArgumentError */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

const bytesByUnit: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
  ['KIB', 2 ** 10],
  ['MIB', 2 ** 20],
  ['GIB', 2 ** 30],
  ['TIB', 2 ** 40],
]);
/** The least that the engine works with, bytes. */
const memoryMin = 2 ** 26;

/** An amount of memory in bytes, from `512MB`, `4GiB` or a number of bytes. @throws InvalidArgumentError */
export function parseMemory(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(amount) * (bytesByUnit.get(unit.toUpperCase()) ?? Number.NaN));
  if (Number.isNaN(bytes))
    throw new InvalidArgumentError('It must be a number of bytes, or one with a unit: 512MB, 4GiB.');
  if (bytes < memoryMin) throw new InvalidArgumentError('It must be at least 64MiB.');
  return bytes;
}

/**
 * The value of a placeholder from its text: numbers, `true`, `false` and `null` are what they look like, anything else is text;
 * in single quotes everything is text.
 */
export function parseParamValue(text: string): ParamValue {
  if (/^'.*'$/s.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (/^null$/i.test(text)) return null;
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (/^-?(0|[1-9]\d*)$/.test(text)) {
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }
  return /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** `name=value`. @throws InvalidArgumentError */
export function parseNamedParam(text: string): readonly [name: string, value: ParamValue] {
  const [, name, value] = /^:?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be name=value.');
  return [name, parseParamValue(value)];
}
