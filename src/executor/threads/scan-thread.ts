/*
 * What runs in a thread that reads samples: it gets programs and shares, and answers with sums. A file of its own in the bundle.
 */
import { parentPort } from 'node:worker_threads';
import type { NumberArray } from '../../columns/index.ts';
import { collectGarbage, giveWayToMainThread, QueryError } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import { nextOrder, type Order } from './bell.ts';
import { claimFromBehind, endPart, isStopped, roomIn, writePart } from './claims.ts';
import type { Desk, FromThread, TaskRuns, ToThread } from './messages.ts';
import { ShareReader, type TaskToRead } from './share.ts';
import type { TaskFault } from './task-faults.ts';

/** A program that is known here; its reader is made when it is first needed. */
interface KnownProgram {
  readonly program: ScanProgram;
  reader: ShareReader | null;
  /** What is read of it beside the main thread. */
  tasks: readonly TaskToRead[];
  /** The job that it read for first; null: none yet, or another since. */
  firstJob: number | null;
}

giveWayToMainThread();
const port = parentPort;
if (port === null) throw new Error('it runs as a thread only');
const programs = new Map<number, KnownProgram>();
let desk: Desk | null = null;
let received = 0;
/** By their numbers, as long as a program reads them. */
const columnOf = new Map<number, WeakRef<NumberArray>>();

port.on('message', (message: ToThread) => {
  received++;
  switch (message.kind) {
    case 'program':
      programs.set(message.number, newProgram(message));
      break;
    case 'forget':
      programs.delete(message.number);
      break;
    case 'collect-garbage':
      collectGarbage();
      break;
    case 'beside':
      desk = message.desk ?? desk;
      if (message.tasks !== null) tellTasks(message.order.program, message.tasks);
      if (desk !== null) readOrders(message.order, desk);
      break;
    case 'share': {
      const { job, share, begun } = message;
      Atomics.add(begun, 0, 1);
      const outcome = read(message);
      const answer: FromThread = { job, share, outcome };
      port.postMessage(answer, buffersOf(outcome));
    }
  }
});

/** A statement that is planned anew has another program with the same columns: loops that were compiled for them alone serve on. */
function newProgram({ program, columns }: Extract<ToThread, { kind: 'program' }>): KnownProgram {
  const own = columns.map((number, place) => columnAt(number, program.columns[place]!)); // a number each
  return { program: { ...program, columns: own }, reader: null, tasks: [], firstJob: null };
}

function columnAt(number: number, told: NumberArray): NumberArray {
  const known = columnOf.get(number)?.deref();
  if (known === undefined) columnOf.set(number, new WeakRef(told));
  return known ?? told;
}

function read(message: Extract<ToThread, { kind: 'share' }>): FromThread['outcome'] {
  const { job, tasks, fault, stop } = message;
  const known = programs.get(message.program);
  if (known === undefined) return { kind: 'stopped' };
  const isStopped = (): boolean => Atomics.load(stop, 0) !== 0;
  try {
    if (fault !== null) suffer(fault);
    const sums = readerFor(known, job).read(tasks, { isStopped });
    return sums === null ? { kind: 'stopped' } : { kind: 'sums', sums };
  } catch (error) {
    known.reader = null;
    return error instanceof QueryError
      ? { kind: 'failed', code: error.code, message: error.message, hint: error.hint ?? null }
      : { kind: 'failed', code: null, message: String(error), hint: null };
  }
}

/** Reads one order after the other, until there are messages again, or none comes soon. */
function readOrders(first: Order, own: Desk): void {
  for (let order: Order | null = first; order !== null;) {
    readBeside(order, own);
    order = nextOrder(own.bell, received);
  }
}

/** Reads what it can claim before the main thread does, and leaves the sums to it. */
function readBeside({ program, from, to }: Order, { claims, slot, sums: into }: Desk): void {
  const known = programs.get(program);
  const behind: number[] = [];
  function* claimed(own: readonly TaskToRead[]): Generator<TaskToRead> {
    for (let next; (next = claimFromBehind(claims, to - from)) >= 0;) {
      behind.push(next);
      yield own[to - 1 - next]!; // there are so many
    }
  }
  try {
    // A task takes so little time that it is read in one.
    const how = {
      isStopped: () => isStopped(claims),
      rowsAtOnce: Number.POSITIVE_INFINITY,
      room: roomIn(into),
    };
    const sums = known && readerFor(known, null).read(claimed(known.tasks), how);
    if (sums) writePart(into, { behind, cells: sums.cells });
    endPart(claims, slot, sums ? 'sums' : 'failed');
  } catch {
    // The main thread reads it, and meets the same.
    known!.reader = null; // nothing else throws
    endPart(claims, slot, 'failed');
  }
}

function tellTasks(program: number, { runs, ends }: TaskRuns): void {
  const known = programs.get(program);
  if (known !== undefined)
    known.tasks = ends.map((end, task) => ({ runs: runs.subarray(ends[task - 1] ?? 0, end) }));
}

/** What is read by again has its loop compiled for its columns alone: these stay where they are. */
function readerFor(known: KnownProgram, job: number | null): ShareReader {
  if (known.reader === null && job !== null) {
    known.reader = new ShareReader(known.program, false);
    known.firstJob = job;
  } else if (known.reader === null || (known.firstJob !== null && known.firstJob !== job)) {
    known.reader = new ShareReader(known.program, true);
    known.firstJob = null;
  }
  return known.reader;
}

/** Lets a planted fault happen. */
function suffer(fault: TaskFault): void {
  const neverSet = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  switch (fault.kind) {
    case 'fail':
      throw new Error('planted');
    case 'crash':
      process.exit(1); // of a thread: it ends the thread alone
    case 'stall':
      Atomics.wait(neverSet, 0, 0);
      break;
    case 'delay':
      Atomics.wait(neverSet, 0, 0, fault.ms);
      break;
    case 'unreadable': // it is not asked for
  }
}

/** What an answer hands over instead of copying it. */
function buffersOf(outcome: FromThread['outcome']): ArrayBuffer[] {
  if (outcome.kind !== 'sums') return [];
  const { cells, interned } = outcome.sums;
  // Slices of arrays that are not shared.
  return [cells.pairs, cells.totals, cells.compensation, ...interned].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
}
