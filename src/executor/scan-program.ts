import { type CellsShape, CellTable } from './cell-table.ts';
import { Interner } from './interner.ts';
import { compile, inputsOf, type KernelData, type KernelInputs, type ScanKernel, shapeOf } from './kernel.ts';
import { KeyGroups } from './key-groups.ts';

/** All that reading rows for a query takes, as data: any thread can link it. Its columns lie in shared memory. */
export interface ScanProgram extends KernelData {
  /** The body of the {@link ScanKernel}. */
  readonly text: string;
  /** Every run is a key with all its rows: it is read whole. */
  readonly runsAreKeys: boolean;
  /** Keys of groups whose codes are given in order of appearance. */
  readonly interners: number;
  /** Room for the groups of a key's rows; null: rows are not read by key, or a key's rows are all of one group. */
  readonly keyGroups: { readonly codes: number; readonly stride: number } | null;
  /** For each stratum what its key contributes to the group's code. */
  readonly groupOfStratum: Float64Array;
  /** The cells: group codes are below `groups`, each cell has `stride` sums. */
  readonly cells: CellsShape;
}

/** A program that is ready to run. */
export interface LinkedProgram {
  readonly kernel: ScanKernel;
  readonly inputs: KernelInputs;
}

/** Names of what a loop over runs is given; the last is where its output goes. */
const loopParameters = ['inputs', 'runs', 'from', 'to', 'groupOfStratum'];

/** Compiles a loop over runs. @param output the name that the loop has for where its output goes */
export function compileLoop(
  text: string,
  output: string,
  data: Pick<KernelData, 'columns' | 'tables'>,
): unknown {
  return compile([...loopParameters, output], text, shapeOf(data));
}

/** Makes a program ready to run. @param interners as many as it asks for; they know the values of codes afterwards */
export function linkProgram(program: ScanProgram, interners: readonly Interner[]): LinkedProgram {
  const { keyGroups } = program;
  return {
    kernel: compileLoop(program.text, 'cells', program) as ScanKernel, // the parameters are its
    inputs: {
      ...inputsOf(program, interners),
      ...(keyGroups === null ? {} : { keyGroups: new KeyGroups(keyGroups.codes, keyGroups.stride) }),
    },
  };
}

/** An empty table for the program's cells. */
export function newCells({ cells }: ScanProgram): CellTable {
  return new CellTable(cells);
}

/** As many interners as the program asks for, all empty. */
export function newInterners({ interners }: ScanProgram): Interner[] {
  return Array.from({ length: interners }, () => new Interner());
}
