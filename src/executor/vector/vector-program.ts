import { threadId } from 'node:worker_threads';
import { threadBytes, threadStart } from '../../columns/index.ts';
import { keptWith } from '../../common/index.ts';
import { runStride } from '../../samples/index.ts';
import { addCompensated } from '../add-compensated.ts';
import { pieceRows, type ScanKernel } from '../kernel.ts';
import { recordLength, type StratumCells } from '../stratum-cells.ts';
import { pieceBytes, sumBytes, vectorModule } from './vector-loop.ts';
import type { VectorShape } from './vector-shape.ts';

/** A loop over vectors as data: any thread can link it. */
export interface VectorProgram {
  readonly module: WebAssembly.Module;
  /** Where the columns lie. */
  readonly memory: WebAssembly.Memory;
  /** What the module's function takes behind pieces and sums. */
  readonly arguments: readonly number[];
  /** Of each sum what it is yet to be multiplied by. */
  readonly scales: readonly (readonly number[])[];
}

/** Modules by their shapes: to compile one takes a fifth of a millisecond. */
const modules = new Map<string, WebAssembly.Module>();
const modulesMax = 256;

/** null: it was not asked for yet. */
let hasVectors: boolean | null = null;

/** The module of a shape. @returns null where the processor has no vectors */
export function moduleFor(shape: VectorShape): WebAssembly.Module | null {
  hasVectors ??= WebAssembly.validate(
    vectorModule({ columns: [], bitmaps: 0, masks: [[]], measures: [], sums: [] }),
  );
  if (!hasVectors) return null;
  const key = JSON.stringify(shape);
  const known = modules.get(key);
  if (known !== undefined) return known;
  if (modules.size >= modulesMax) modules.delete(modules.keys().next().value!); // not empty
  const made = new WebAssembly.Module(vectorModule(shape));
  modules.set(key, made);
  return made;
}

/** A module's function, see {@link vectorModule}. */
type AddPieces = (at: number, count: number, into: number, ...others: readonly number[]) => void;

/** The functions of modules over a memory. */
const functionsOf = keptWith<WebAssembly.Memory, WeakMap<WebAssembly.Module, AddPieces>>(() => new WeakMap());

function functionOf({ module, memory }: VectorProgram): AddPieces {
  const functions = functionsOf(memory);
  const known = functions.get(module);
  if (known !== undefined) return known;
  const { exports } = new WebAssembly.Instance(module, { given: { memory } });
  const made = exports['run'] as AddPieces; // as it was generated
  functions.set(module, made);
  return made;
}

/** The strata of the pieces that are added up at once. */
const strata = new Int32Array(threadBytes / (pieceBytes + sumBytes));

/** Makes a program ready to run in this thread. @returns null where memories have no room for the thread's pieces and sums */
export function linkVector(program: VectorProgram): ScanKernel | null {
  const start = threadStart(threadId);
  if (start === null) return null;
  const addPieces = functionOf(program);
  const { memory, scales } = program;
  const stride = scales.length;
  const most = Math.floor(threadBytes / (pieceBytes + sumBytes * stride));
  const sumsStart = start + pieceBytes * most;
  const pieces = new Int32Array(memory.buffer, start, 2 * most);
  const found = new Float64Array(memory.buffer, sumsStart, stride * most);
  const addUp = (count: number, sums: Float64Array): void => {
    addPieces(start, count, sumsStart, ...program.arguments);
    for (let piece = 0, from = 0; piece < count; piece++, from += stride) {
      const record = strata[piece]! * recordLength(stride); // piece < count
      sums[record]! += found[from]!; // a record a stratum
      for (let place = 1; place < stride; place++) {
        let term = found[from + place]!; // place < stride
        const own = scales[place]!; // one each
        for (let at = 0; at < own.length; at++) term *= own[at]!; // at < length
        addCompensated(sums, record + place, sums, record + stride - 1 + place, term);
      }
    }
  };
  return (_, runs, from, to, cells) => {
    const { sums } = cells as StratumCells; // of a program by strata
    let count = 0;
    for (let run = from; run < to; run += runStride) {
      const last = runs[run + 2]!; // whole runs
      for (let row = runs[run + 1]!; row < last; row += pieceRows) {
        strata[count] = runs[run]!;
        pieces[2 * count] = row;
        pieces[2 * count + 1] = Math.min(last, row + pieceRows);
        if (++count < most) continue;
        addUp(count, sums);
        count = 0;
      }
    }
    if (count > 0) addUp(count, sums);
  };
}
