import { type Pieces, piecewise } from '../common/index.ts';
import { runStride, type Sample } from '../samples/index.ts';
import type { CompiledScan } from './compile-scan.ts';
import { Interner } from './interner.ts';
import { pieceRows } from './kernel.ts';
import type { LostRows } from './lost-rows.ts';
import { splitRuns } from './tasks.ts';
import { type RowValues, ValueSink } from './values.ts';

/** Keys whose values are read without a pause. */
const keysAtOnce = 256;
/** Codes of groups that are noted without a pause. */
const codesAtOnce = 2 ** 12;

/**
 * The values of matching rows among the first of each stratum.
 * @param to for each stratum how many of its first rows to look at
 * @param lost rows that are left out
 * @param codes of groups, which are numbered by their places; a row of another has the group −1
 * @param matches how many rows to expect: there is room for these at once
 */
export function* readValues(
  parts: CompiledScan,
  { keys, runs, blockRows }: Sample,
  to: Int32Array,
  lost: LostRows,
  codes: Float64Array,
  matches: number,
): Pieces<RowValues> {
  const { inputs, view, valueKernel, centres } = parts;
  const sink = new ValueSink(centres.length, view.group);
  const kernel = valueKernel();
  const groups = yield* internAll(codes);
  if (keys === null) {
    const rows = to.reduce((sum, own) => sum + own, 0);
    sink.reserve(Math.min(rows, matches + pieceRows)); // a piece makes room for all of its rows
    for (let rest = lost.without(runs.runs(new Int32Array(to.length), to)); rest.length > 0;) {
      const [head, tail] = splitRuns(rest, blockRows, true);
      kernel(inputs, head, 0, head.length, sink);
      rest = tail;
      yield;
    }
    return yield* sink.take(groups, null);
  }
  const ends: number[] = [];
  for (let key = 0; key < (to[0] ?? 0); key++) {
    const run = lost.without(Int32Array.of(0, keys.starts[key]!, keys.starts[key + 1]!)); // key < number of keys
    if (run.length === 0) continue;
    kernel(inputs, run, 0, runStride, sink);
    ends.push(sink.count);
    if (key % keysAtOnce === 0) yield;
  }
  return yield* sink.take(groups, ends);
}

/** The places of codes, each of which is there once. */
function* internAll(codes: Float64Array): Pieces<Interner> {
  const interner = new Interner(codes.length);
  yield* piecewise(
    codes.length,
    (from, to) => {
      for (let place = from; place < to; place++) interner.intern(codes[place]!); // place < length
    },
    codesAtOnce,
  );
  return interner;
}
