/*
 * What runs in a thread that reads samples: it gets programs and shares, and answers with sums. A file of its own in the bundle.
 */
import { parentPort } from 'node:worker_threads';
import { giveWayToMainThread, QueryError } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import type { FromThread, ToThread } from './messages.ts';
import { ShareReader } from './share.ts';
import type { TaskFault } from './task-faults.ts';

/** A program that is known here; its reader is made when it is first needed. */
interface KnownProgram {
  readonly program: ScanProgram;
  reader: ShareReader | null;
  /** The job that it read for first; null: none yet, or another since. */
  firstJob: number | null;
}

giveWayToMainThread();
const port = parentPort;
if (port === null) throw new Error('it runs as a thread only');
const programs = new Map<number, KnownProgram>();

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'program':
      programs.set(message.number, { program: message.program, reader: null, firstJob: null });
      break;
    case 'forget':
      programs.delete(message.number);
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

function read(message: Extract<ToThread, { kind: 'share' }>): FromThread['outcome'] {
  const { job, tasks, fault, stop } = message;
  const known = programs.get(message.program);
  if (known === undefined) return { kind: 'stopped' };
  const isStopped = (): boolean => Atomics.load(stop, 0) !== 0;
  try {
    if (fault !== null) suffer(fault);
    const sums = readerFor(known, job).read(tasks, isStopped);
    return sums === null ? { kind: 'stopped' } : { kind: 'sums', sums };
  } catch (error) {
    known.reader = null;
    return error instanceof QueryError
      ? { kind: 'failed', code: error.code, message: error.message, hint: error.hint ?? null }
      : { kind: 'failed', code: null, message: String(error), hint: null };
  }
}

/** What is read by again has its loop compiled for its columns alone: these stay where they are. */
function readerFor(known: KnownProgram, job: number): ShareReader {
  if (known.reader === null) {
    known.reader = new ShareReader(known.program, false);
    known.firstJob = job;
  } else if (known.firstJob !== null && known.firstJob !== job) {
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
