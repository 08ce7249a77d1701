import type { NumberArray } from '../columns/index.ts';
import type { LoadedColumn } from '../samples/index.ts';
import type { KeyGroups } from './key-groups.ts';
import { type Helper, type HelperSpec, makeHelper } from './helpers.ts';
import type { Interner } from './interner.ts';
import type { Cells } from './scan-program.ts';
import type { KernelParameters } from './lower/emitter.ts';

/** What a kernel reads besides the runs, as data that threads can share. */
export interface KernelData {
  readonly columns: readonly NumberArray[];
  readonly validity: readonly (Uint8Array | null)[];
  readonly constants: Float64Array;
  readonly words: Int32Array;
  readonly tables: readonly NumberArray[];
  readonly helpers: readonly HelperSpec[];
}

/** Everything a kernel reads besides the runs. */
export interface KernelInputs extends Omit<KernelData, 'helpers'> {
  readonly helpers: readonly Helper[];
  /** Room for the places of a piece's rows that pass the filter. */
  readonly selection: Int32Array;
  /** The groups of the key that is read, where keys are read whole and rows find their groups. */
  readonly keyGroups?: KeyGroups;
}

/** Rows that a loop adds up before it hands its sums on. */
export const pieceRows = 4096;

/** The room of {@link KernelInputs.selection}; a loop needs it no longer than it runs. */
export const selection = new Int32Array(pieceRows);

/**
 * A loop over runs of a sample, generated for a query's shape. It adds what matches into the cells.
 * @param runs (stratum, start, end) triples; those from place `from` to `to` are read
 */
export type ScanKernel = (
  inputs: KernelInputs,
  runs: Int32Array,
  from: number,
  to: number,
  cells: Cells,
) => void;

/** A loop over the first rows of strata: which strata the predicate leaves in, and their groups. */
export type StratumKernel = (
  inputs: KernelInputs,
  rows: Int32Array,
  included: Uint8Array,
  groupOfStratum: Float64Array,
) => void;

/** Compiled code by its text; the same shape of query over the same kinds of arrays keeps its optimised machine code. */
const compiled = new Map<string, unknown>();
const compiledMax = 256;

/**
 * Compiles generated code once.
 * @param parameters the names of its parameters
 * @param shape what else the code is specialised by, the kinds of its arrays: a function that sees many kinds is slow
 */
export function compile(parameters: readonly string[], body: string, shape: string): unknown {
  const key = `${shape}\n${body}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= compiledMax) compiled.delete(compiled.keys().next().value!); // not empty
  // The code is ours: no identifier and no literal of a user is in it (see Emitter).
  // oxlint-disable-next-line no-implied-eval, no-new-func
  const made: unknown = new Function(...parameters, body);
  compiled.set(key, made);
  return made;
}

/** A name in generated code, and what it stands for. */
export type Named = readonly [name: string, source: string];

/** What arrays are taken from, in the inputs. */
export const sourcesOfArrays = ['columns', 'validity', 'tables', 'selection'];

/** Names for the arrays that a kernel reads. */
export const namedArrays = ({ columns, tables }: KernelParameters): Named[] => [
  ...columns.flatMap(({ nullable, dictionary }, place): Named[] => [
    [`c${place}`, `columns[${place}]`],
    ...(nullable && dictionary === null ? [[`v${place}`, `validity[${place}]`] as const] : []),
  ]),
  ...tables.map((_, place) => [`t${place}`, `tables[${place}]`] as const),
  ['selected', 'selection'],
];

const namedOthers = ({ constants, words, helpers }: KernelParameters): Named[] => [
  ...constants.map((_, place) => [`k${place}`, `inputs.constants[${place}]`] as const),
  ...words.map((_, place) => [`n${place}`, `inputs.words[${place}]`] as const),
  ...helpers.map((_, place) => [`f${place}`, `inputs.helpers[${place}]`] as const),
];

/** Declarations of names. */
export const declare = (named: readonly Named[]): string =>
  named.map(([name, source]) => `const ${name} = ${source};`).join('\n');

/** Declarations that bring into names what else a kernel reads, from `inputs`. */
export const declareInputs = (parameters: KernelParameters): string => declare(namedOthers(parameters));

/** The kinds of the arrays, for {@link compile}. */
export function shapeOf({ columns, tables }: Pick<KernelData, 'columns' | 'tables'>): string {
  return [...columns, ...tables].map((array) => array.constructor.name).join(',');
}

/** Pairs a kernel's parameters with the loaded columns. */
export function dataOf(parameters: KernelParameters, loaded: ReadonlyMap<string, LoadedColumn>): KernelData {
  const columns = parameters.columns.map(({ name }) => loaded.get(name)!); // loaded before the kernel runs
  return {
    columns: columns.map(({ values }) => values as NumberArray), // no column of a sample is int64
    validity: columns.map(({ validity }) => validity),
    constants: Float64Array.from(parameters.constants),
    words: Int32Array.from(parameters.words),
    tables: parameters.tables,
    helpers: parameters.helpers,
  };
}

/** What a kernel reads, with the functions that it calls. @param interners what keys get their codes by */
export function inputsOf(data: KernelData, interners: readonly Interner[]): KernelInputs {
  return {
    ...data,
    helpers: data.helpers.map((spec) => makeHelper(spec, interners)),
    selection,
  };
}
