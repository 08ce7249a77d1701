import { keptWith } from '../common/index.ts';
import type { NumberArray } from '../columns/index.ts';
import {
  compile,
  declare,
  type KernelData,
  type Named,
  selection,
  shapeOf,
  sourcesOfArrays,
} from './kernel.ts';

/** The code of a loop over runs. */
export interface LoopCode {
  /** Arrays that it reads: a name for each, and where it comes from. */
  readonly arrays: readonly Named[];
  readonly body: string;
}

type LoopData = Pick<KernelData, 'columns' | 'validity' | 'tables'>;

/** Names of what a loop over runs is given; the last is where its output goes. */
const loopParameters = ['inputs', 'runs', 'from', 'to'];
/** Loops that a column has of its own. */
const loopsMax = 8;

/**
 * Makes a loop ready to run.
 * @param output the name that the loop has for where its output goes
 * @param isOwn these very columns are asked again: the loop is compiled for them alone, and their places in memory are constants of its
 *   machine code, which takes up to a third less time. Else all loops of one shape share theirs
 */
export function linkLoop(
  { arrays, body }: LoopCode,
  output: string,
  data: LoopData,
  isOwn: boolean,
): unknown {
  const parameters = [...loopParameters, output];
  const [first] = data.columns;
  const own = isOwn && first !== undefined ? ownLoop(ownText(arrays, parameters, body), first, data) : null;
  const sources = `const { ${sourcesOfArrays.join(', ')} } = inputs;`;
  return own ?? compile(parameters, `${sources}\n${declare(arrays)}\n${body}`, shapeOf(data));
}

/**
 * Code that makes the loop for these very columns. It takes them into names of its own before it begins: V8 knows their places and
 * lengths by then, while it looks up in every row what it finds outside. For tables, which differ by statement, it has room.
 */
function ownText(arrays: readonly Named[], parameters: readonly string[], body: string): string {
  const outside = arrays.map(([name, source]): Named => [`${name}Own`, source]);
  const inside = arrays.map(([name]): Named => [name, `${name}Own`]);
  return `${declare(outside)}
let filled = null;
return (${parameters.join(', ')}) => {
if (filled !== inputs.tables) {
  filled = inputs.tables;
  tables.forEach((table, place) => table.set(filled[place]));
}
${declare(inside)}
${body}
};`;
}

/** By the first column that they read, as long as there is that, and by their text. */
const ownLoops = new WeakMap<NumberArray, Map<string, unknown>>();

/** @returns null where the column has as many as it may: they take memory, and to make them anew takes longer than they save */
function ownLoop(text: string, first: NumberArray, data: LoopData): unknown {
  // V8 takes functions of one text for one: what it makes would be made for no columns.
  const rooms = data.tables.map(({ length }) => length);
  const named = `// ${data.columns.map(numberOf).join()} ${shapeOf(data)} ${rooms.join()}\n${text}`;
  const loops = ownLoops.get(first) ?? new Map<string, unknown>();
  ownLoops.set(first, loops);
  const known = loops.get(named);
  if (known !== undefined) return known;
  if (loops.size >= loopsMax) return null;
  // The code is ours, see `compile`.
  // oxlint-disable-next-line no-implied-eval, no-new-func
  const made: unknown = new Function(...sourcesOfArrays, named)(
    data.columns,
    data.validity,
    data.tables.map((table) => table.slice()),
    selection,
  );
  loops.set(named, made);
  return made;
}

let lastNumber = 0;
/** A number that no other array has. */
const numberOf = keptWith<NumberArray, number>(() => ++lastNumber);
