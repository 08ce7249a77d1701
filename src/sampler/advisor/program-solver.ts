import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { LegacyHighsOptions, LegacyHighsSolution } from 'highs';

/** What the solver came to. */
export interface Solution {
  /** None is better. */
  readonly isOptimal: boolean;
  /** The value of a variable; null: none was found for it. */
  readonly valueOf: (variable: string) => number | null;
}

/**
 * The worker's whole text. HiGHS works without pause until it is done or its time is over, so it must have a thread of its own; and a
 * worker from text needs no file beside the bundle.
 */
const workerText = `
  const { parentPort, workerData } = require('node:worker_threads');
  const loading = require(workerData)();
  parentPort.on('message', ({ program, options }) => {
    loading.then((highs) => parentPort.postMessage(highs.solve(program, options)));
  });
`;

/** Loading the solver takes time too; a worker that has not answered so long after its limit is given up. */
const graceMs = 2000;

/** Solves mixed-integer programs, one after the other, with HiGHS in a worker thread. */
export class ProgramSolver {
  private readonly worker = new Worker(workerText, {
    eval: true,
    workerData: createRequire(import.meta.url).resolve('highs'),
    // The program is solved in WebAssembly's memory, which ends at 4 GiB by itself; here is only its text.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  /** It did not answer in time: there is nothing more to be had from it. */
  private isStuck = false;
  /** The worker ended by itself, which is a bug or a broken installation. */
  private failure: Error | null = null;

  /** @param signal ends a solution with its reason */
  constructor(private readonly signal?: AbortSignal) {
    // Without a listener an error between two programs would end the process.
    this.worker.on('error', (error) => {
      this.failure = error;
    });
  }

  /**
   * @param program in CPLEX's LP format @param limitMs the best solution found by then is the answer
   * @returns null where the time was over before anything was found
   * @throws the signal's reason
   */
  async solve(program: string, limitMs: number): Promise<Solution | null> {
    this.signal?.throwIfAborted();
    if (this.failure !== null) throw this.failure;
    if (this.isStuck) return null;
    const options: LegacyHighsOptions = {
      output_flag: false,
      time_limit: limitMs / 1000,
      mip_rel_gap: 0,
      mip_abs_gap: 0,
    };
    const late = AbortSignal.timeout(limitMs + graceMs);
    const ends = AbortSignal.any([late, ...(this.signal === undefined ? [] : [this.signal])]);
    const answer = once(this.worker, 'message', { signal: ends });
    this.worker.postMessage({ program, options }, []);
    try {
      const [found] = (await answer) as [LegacyHighsSolution]; // as the worker's text has it
      return solutionOf(found);
    } catch (error) {
      this.signal?.throwIfAborted();
      if (!late.aborted) throw error;
      this.isStuck = true;
      return null;
    }
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

function solutionOf({ Status, Columns }: LegacyHighsSolution): Solution {
  return {
    isOptimal: Status === 'Optimal',
    valueOf: (variable) => {
      const column = Columns[variable];
      return column !== undefined && 'Primal' in column ? column.Primal : null;
    },
  };
}
