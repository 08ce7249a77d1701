import { readFileSync } from 'node:fs';
import { allocateShared, bytesPerValue, type ColumnArray, type Storage, viewShared } from './storage.ts';

const pageBytes = 2 ** 16;
/** WebAssembly's memory ends there. */
const bytesMax = 2 ** 32;
/** Columns begin at multiples of it, and code that reads so many bytes at once may read beyond a column's end. */
export const readAtOnceBytes = 64;

/** Bytes at the start of a memory that belong to threads, {@link threadBytes} each. What nobody writes to is not committed. */
const threadsMax = 1024;
export const threadBytes = 2 ** 14;
const headBytes = threadsMax * threadBytes;

/** Where the bytes of a thread begin in each memory; null: there are none for it. @param thread its number in the process */
export const threadStart = (thread: number): number | null =>
  thread < threadsMax ? thread * threadBytes : null;

let isFree: boolean | null = null;
/** Whether there may be memories: each reserves some 10 GB of addresses, which must not be scarce (`ulimit -v`); nor where code is not made at run time. */
function mayReserve(): boolean {
  isFree ??= typeof WebAssembly !== 'undefined' && !/^Max address space +\d/m.test(limitsOfProcess());
  return isFree;
}

/** By Linux; others do not tell. */
function limitsOfProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

/** An array that threads share, and the memory in which it lies; null: it has a buffer of its own, where there was no room for it. */
export interface SharedArray {
  readonly array: ColumnArray;
  readonly memory: WebAssembly.Memory | null;
}

/** Bytes of a memory that so many of an array take. */
const roomFor = (bytes: number): number => readAtOnceBytes * (Math.ceil(bytes / readAtOnceBytes) + 1);

/** Room for columns that are read together, in one memory that threads share and WebAssembly's code can read. */
export class SharedRoom {
  private memory: WebAssembly.Memory | null = null;
  private end = headBytes;
  private hasFailed = false;

  /** @param sizes of the arrays that may be asked for, bytes, each once */
  constructor(private readonly sizes: readonly number[]) {}

  /** An array of zeros; the system commits its pages when they are first written. */
  allocate(storage: Storage, length: number): SharedArray {
    const start = this.end;
    const end = start + roomFor(length * bytesPerValue(storage));
    const memory = this.grownTo(end);
    if (memory === null) return { array: allocateShared(storage, length), memory };
    this.end = end;
    return { array: viewShared(storage, memory.buffer, start, length), memory };
  }

  /** @returns null where it cannot be so large */
  private grownTo(end: number): WebAssembly.Memory | null {
    if (end > bytesMax || this.hasFailed || !mayReserve()) return null;
    const pages = Math.ceil(end / pageBytes);
    try {
      if (this.memory === null) {
        const most = this.sizes.reduce((sum, bytes) => sum + roomFor(bytes), headBytes);
        const maximum = Math.ceil(Math.min(bytesMax, most) / pageBytes);
        this.memory = new WebAssembly.Memory({ initial: pages, maximum, shared: true });
      }
      const { byteLength } = this.memory.buffer;
      if (pages * pageBytes > byteLength) this.memory.grow(pages - byteLength / pageBytes);
      return this.memory;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.hasFailed = true;
      return null;
    }
  }
}
