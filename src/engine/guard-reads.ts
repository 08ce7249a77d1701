import type { FileSystem, OpenFile } from '../common/index.ts';
import type { Timers } from '../leases/index.ts';
import { SampleFault } from '../samples/index.ts';
import { waitAtMost } from './wait-at-most.ts';

/** What is done with a file, for messages: "the sample file s.arrow". */
type Named = `the sample file ${string}`;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''; // fs errors have a code

/** What a device's trouble with a file means for its sample; other errors as they are. */
function faultOf(error: unknown, file: Named): unknown {
  switch (codeOf(error)) {
    case 'EIO':
      return new SampleFault('damaged', `${file} cannot be read: the device reported an error, twice`, error);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return new SampleFault('damaged', `${file} is missing`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EMFILE':
    case 'ENFILE':
    case 'EAGAIN':
    case 'ENXIO':
    case 'ENODEV':
    case 'ESTALE':
    case 'ETIMEDOUT':
      return new SampleFault('unavailable', `${file} cannot be read now: ${codeOf(error)}`, error);
    default:
      return error;
  }
}

/** Ends waits for a device that does not answer. */
class Patience {
  constructor(
    private readonly timers: Timers,
    private readonly limitMs: number,
  ) {}

  /**
   * Waits for a call of the device as long as there is patience; tries it once more where the device reports an error.
   * @throws SampleFault
   */
  async wait<T>(file: Named, call: () => Promise<T>): Promise<T> {
    try {
      return await this.inTime(file, call()).catch((error: unknown) => {
        if (codeOf(error) !== 'EIO') throw error;
        return this.inTime(file, call());
      });
    } catch (error) {
      throw faultOf(error, file);
    }
  }

  private inTime<T>(file: Named, work: Promise<T>): Promise<T> {
    const late = (): Error =>
      new SampleFault('unavailable', `${file} was not read within ${this.limitMs} ms`);
    return waitAtMost(this.timers, this.limitMs, work, late);
  }
}

/**
 * The file system as samples are read through it: a device that reports an error is asked once more, one that does not answer is not
 * waited for. What goes wrong is a SampleFault then.
 * @param limitMs how long a single call may take
 */
export function guardReads(files: FileSystem, timers: Timers, limitMs: number): FileSystem {
  const patience = new Patience(timers, limitMs);
  return {
    ...files,
    stat: (path) => patience.wait(`the sample file ${path}`, () => files.stat(path)),
    async open(path, mode) {
      const name: Named = `the sample file ${path}`;
      const opened: Promise<OpenFile>[] = [];
      try {
        const file = await patience.wait(name, () => {
          const opening = files.open(path, mode);
          opened.push(opening);
          return opening;
        });
        return guardFile(file, name, patience);
      } catch (error) {
        // It may be opened yet, when nobody wants it any more.
        for (const late of opened)
          void late.then(
            (file) => file.close(),
            () => undefined,
          );
        throw error;
      }
    },
  };
}

function guardFile(file: OpenFile, name: Named, patience: Patience): OpenFile {
  let fault: unknown = null;
  return {
    ...file,
    async read(into, position) {
      // A read that was given up may still fill its bytes: nothing is read into them a second time.
      if (fault !== null) throw fault;
      try {
        return await patience.wait(name, () => file.read(into, position));
      } catch (error) {
        fault = error;
        throw error;
      }
    },
    async close() {
      // What was read is sound, whatever comes of closing.
      const closing = file.close().catch(() => undefined);
      // Nobody waits for a device that does not answer: a read that no statement waits for any more may still go on.
      if (fault === null) await patience.wait(name, () => closing).catch(() => undefined);
    },
  };
}
