import { runStride } from '../samples/index.ts';

/** A piece of a scan: runs inside one block of the sample. */
export interface ScanTask {
  readonly runs: Int32Array;
  /** The row after the last that it reads. */
  readonly lastRow: number;
}

/** Cuts runs in file order at the blocks' borders; each block with rows to read is a task. */
export function cutIntoTasks(runs: Int32Array, blockRows: number): ScanTask[] {
  const tasks: ScanTask[] = [];
  let pieces: number[] = [];
  let block = -1;
  const finish = (): void => {
    if (pieces.length > 0) tasks.push({ runs: Int32Array.from(pieces), lastRow: pieces.at(-1)! });
    pieces = [];
  };
  for (let run = 0; run < runs.length; run += runStride) {
    const [stratum, first, last] = [runs[run]!, runs[run + 1]!, runs[run + 2]!]; // whole runs
    for (let start = first; start < last;) {
      const own = Math.floor(start / blockRows);
      if (own !== block) finish();
      block = own;
      const end = Math.min(last, (own + 1) * blockRows);
      pieces.push(stratum, start, end);
      start = end;
    }
  }
  finish();
  return tasks;
}
