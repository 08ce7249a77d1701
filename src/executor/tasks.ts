import { type BandName, runStride, type Sample } from '../samples/index.ts';
import { pieceRows } from './kernel.ts';

/** A piece of a scan: runs inside one block of the sample, or in a few that follow each other. */
export interface ScanTask {
  readonly runs: Int32Array;
  readonly rows: number;
  /** The row after the last that it reads. */
  readonly lastRow: number;
  /** Where its first block begins, whether or not that row is read. */
  readonly band: BandName;
}

/**
 * The tasks that read on in every stratum.
 * @param from for each stratum the rows read, or keys where these were drawn
 * @param to and wanted
 * @param blocks that a task may reach over
 */
export function tasksOf(
  { keys, runs, blockRows }: Sample,
  from: Int32Array,
  to: Int32Array,
  blocks = 1,
): ScanTask[] {
  const rows = blocks * blockRows;
  const cut =
    keys === null
      ? cutIntoTasks(runs.runs(from, to), rows)
      : cutIntoKeyTasks(keys.starts, from[0] ?? 0, to[0] ?? 0, rows); // there is one stratum, or none
  return cut.map((task) => ({
    runs: task.runs,
    rows: task.rows,
    lastRow: task.lastRow,
    band: runs.bandAt(Math.floor(task.runs[1]! / blockRows) * blockRows), // no task is empty
  }));
}

/** Makes one of each so many tasks. */
export function joinTasks(tasks: readonly ScanTask[], together: number): ScanTask[] {
  const joined: ScanTask[] = [];
  for (let from = 0; from < tasks.length; from += together) {
    const own = tasks.slice(from, from + together);
    const runs = new Int32Array(own.reduce((length, task) => length + task.runs.length, 0));
    let place = 0;
    for (const task of own) {
      runs.set(task.runs, place);
      place += task.runs.length;
    }
    const rows = own.reduce((sum, task) => sum + task.rows, 0);
    joined.push({ runs, rows, lastRow: own.at(-1)!.lastRow, band: own[0]!.band }); // none is empty
  }
  return joined;
}

/** Rows of a part of a task. */
const partRows = 4 * pieceRows;

/** Tasks of which some are cut into parts, and where those of each begin; one more entry closes the last. */
interface TaskParts {
  readonly sharers: number;
  readonly parts: readonly ScanTask[];
  readonly starts: readonly number[];
}

const partsKnown = new WeakMap<readonly ScanTask[], TaskParts>();

/**
 * Cuts the tasks into parts at which those who share them may meet, so that they end at the same time: one comes from the front, the others
 * from behind. Kernels part their sums there anyway.
 */
export function partsOf(tasks: readonly ScanTask[], sharers: number): TaskParts {
  const known = partsKnown.get(tasks);
  if (known?.sharers === sharers) return known;
  const [middle, width] = [tasks.length / sharers, Math.min(4, Math.max(1, tasks.length / 8))];
  const [parts, starts]: [ScanTask[], number[]] = [[], []];
  for (const [place, task] of tasks.entries()) {
    starts.push(parts.length);
    if (place + 1 > middle - width && place < middle + width) parts.push(...cutIntoParts(task));
    else parts.push(task);
  }
  const made = { sharers, parts, starts: [...starts, parts.length] };
  partsKnown.set(tasks, made);
  return made;
}

function cutIntoParts({ runs, band }: ScanTask): ScanTask[] {
  const parts: ScanTask[] = [];
  for (let rest = runs; rest.length > 0;) {
    const [head, tail] = splitRuns(rest, partRows, true);
    parts.push({ runs: head, rows: rowsOf(head), lastRow: head.at(-1)!, band }); // it ends with a row
    rest = tail;
  }
  return parts;
}

function rowsOf(runs: Int32Array): number {
  let rows = 0;
  for (let run = 0; run < runs.length; run += runStride) rows += runs[run + 2]! - runs[run + 1]!; // whole runs
  return rows;
}

/** A task by its rows alone. */
type RowsOfTask = Omit<ScanTask, 'band'>;

/** Cuts runs in file order, none of them empty, at the blocks' borders; each block with rows to read is a task. */
function cutIntoTasks(runs: Int32Array, blockRows: number): RowsOfTask[] {
  const tasks: RowsOfTask[] = [];
  let began = 0;
  let first = 0;
  let rows = 0;
  let blockEnd = 0;
  // Most blocks have hundreds of runs, of which a border cuts one: they are copied at once.
  const finish = (to: number, last: number): void => {
    if (to === began) return;
    const own = runs.slice(began, to);
    own[1] = first;
    own[own.length - 1] = last;
    tasks.push({ runs: own, rows, lastRow: last });
  };
  for (let run = 0; run < runs.length; run += runStride) {
    let start = runs[run + 1]!; // whole runs
    const last = runs[run + 2]!;
    if (start >= blockEnd) {
      finish(run, runs[run - 1]!); // where there is one before
      began = run;
      first = start;
      rows = 0;
      blockEnd = (Math.floor(start / blockRows) + 1) * blockRows;
    }
    while (last > blockEnd) {
      rows += blockEnd - start;
      finish(run + runStride, blockEnd);
      began = run;
      first = start = blockEnd;
      rows = 0;
      blockEnd += blockRows;
    }
    rows += last - start;
  }
  finish(runs.length, runs[runs.length - 1]!);
  return tasks;
}

/**
 * Cuts keys into tasks: every run is one key, and the keys that start in the same block are a task, to their ends.
 * @param starts for each key its first row, and one more that closes the last
 * @param from first key wanted
 * @param to key after the last
 */
export function cutIntoKeyTasks(
  starts: Int32Array,
  from: number,
  to: number,
  blockRows: number,
): RowsOfTask[] {
  const tasks: RowsOfTask[] = [];
  for (let key = from; key < to;) {
    const blockEnd = (Math.floor(starts[key]! / blockRows) + 1) * blockRows; // key < number of keys
    const pieces: number[] = [];
    const first = starts[key]!;
    for (; key < to && starts[key]! < blockEnd; key++) pieces.push(0, starts[key]!, starts[key + 1]!);
    const lastRow = pieces.at(-1)!; // a key starts in the block
    tasks.push({ runs: Int32Array.from(pieces), rows: lastRow - first, lastRow });
  }
  return tasks;
}

/**
 * Cuts a list of runs in two, where kernels part their sums anyway: between runs, or between two pieces of one.
 * @param rows the first list has so many or a few more, and some in any case
 * @param mayCutRuns false: runs stay whole
 */
export function splitRuns(runs: Int32Array, rows: number, mayCutRuns: boolean): [Int32Array, Int32Array] {
  let open = Math.max(1, rows);
  for (let run = 0; run < runs.length; run += runStride) {
    const own = runs[run + 2]! - runs[run + 1]!; // whole runs
    const wanted = mayCutRuns ? Math.ceil(open / pieceRows) * pieceRows : own;
    if (wanted < own) {
      const head = runs.slice(0, run + runStride);
      const tail = runs.slice(run);
      head[run + 2] = tail[1] = runs[run + 1]! + wanted;
      return [head, tail];
    }
    open -= own;
    if (open <= 0) return [runs.slice(0, run + runStride), runs.slice(run + runStride)];
  }
  return [runs, new Int32Array(0)];
}
