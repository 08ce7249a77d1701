import { type CellsShape, CellTable } from './cell-table.ts';
import { Interner } from './interner.ts';
import { inputsOf, type KernelData, type KernelInputs, type ScanKernel } from './kernel.ts';
import { linkLoop, type LoopCode } from './link-loop.ts';
import { KeyGroups } from './key-groups.ts';
import { StratumCells } from './stratum-cells.ts';
import { linkVector, type VectorProgram } from './vector/vector-program.ts';

/** All that reading rows for a query takes, as data: any thread can link it. Its columns lie in shared memory. */
export interface ScanProgram extends KernelData {
  /** The code of the {@link ScanKernel}. */
  readonly loop: LoopCode;
  /** Every run is a key with all its rows: it is read whole. */
  readonly runsAreKeys: boolean;
  /** Keys of groups whose codes are given in order of appearance. */
  readonly interners: number;
  /** Room for the groups of a key's rows; null: rows are not read by key, or a key's rows are all of one group. */
  readonly keyGroups: { readonly codes: number; readonly stride: number } | null;
  readonly cells: CellsShape;
  /** A loop over vectors that adds up the same in less time; null: there is none. */
  readonly vector: VectorProgram | null;
}

/** Whether the same program can read for scan after scan: interners and groups of keys remember what was read. */
export function isRepeatable({ interners, keyGroups }: ScanProgram): boolean {
  return interners === 0 && keyGroups === null;
}

/** A program that is ready to run. */
export interface LinkedProgram {
  readonly kernel: ScanKernel;
  readonly inputs: KernelInputs;
}

/**
 * Makes a program ready to run.
 * @param interners as many as it asks for; they know the values of codes afterwards
 * @param isOwn see {@link linkLoop}
 */
export function linkProgram(
  program: ScanProgram,
  interners: readonly Interner[],
  isOwn: boolean,
): LinkedProgram {
  const { keyGroups, vector } = program;
  const byVectors = vector === null ? null : linkVector(vector);
  return {
    kernel: byVectors ?? (linkLoop(program.loop, 'cells', program, isOwn) as ScanKernel), // the parameters are its
    inputs: {
      ...inputsOf(program, interners),
      ...(keyGroups === null ? {} : { keyGroups: new KeyGroups(keyGroups.codes, keyGroups.stride) }),
    },
  };
}

/** Where a program's kernel adds up what it reads. */
export type Cells = CellTable | StratumCells;

/** An empty table for the program's cells. @param listed of a program by strata those that are cells; null: all */
export function newCells({ cells }: Pick<ScanProgram, 'cells'>, listed: Int32Array | null = null): Cells {
  return cells.index === 'strata' ? new StratumCells(cells, listed) : new CellTable(cells);
}

/** As many interners as the program asks for, all empty. */
export function newInterners({ interners }: ScanProgram): Interner[] {
  return Array.from({ length: interners }, () => new Interner());
}
