/** Share of the way that a pace goes towards a slower measurement, and towards a faster one: to be late is worse than to wait. */
const slowerWeight = 0.5;
const fasterWeight = 0.25;

/** How long a step takes for a unit of its work. */
class StepPace {
  /**
   * @param msPerUnit before anything was measured, on the slow side
   * @param unitsMin less work than this says more about the clock than about the step
   */
  constructor(
    private msPerUnit: number,
    private readonly unitsMin: number,
  ) {}

  predictMs(units: number): number {
    return units * this.msPerUnit;
  }

  /** The units that fit into a time. */
  unitsWithin(ms: number): number {
    return ms / this.msPerUnit;
  }

  learn(units: number, ms: number): void {
    if (units < this.unitsMin) return;
    const change = ms / units - this.msPerUnit;
    this.msPerUnit += (change > 0 ? slowerWeight : fasterWeight) * change;
  }
}

/** What is made of rows takes about as long as the rows did: columns, summary, and what is looked for in them. */
const handOvers = 2;

/** How fast the steps behind the reading of a sample have been in this process, for deadlines. */
export class EstimatePaces {
  /** By cells. */
  readonly meeting = new StepPace(4e-3, 200);
  /** By intervals. */
  readonly making = new StepPace(2e-2, 50);
  /** By rows whose values are put in order. */
  readonly ordering = new StepPace(3e-4, 4096);
  /** By rows. */
  readonly tails = new StepPace(5e-5, 16_384);
  /** Of different values, by pairs of stratum, group and value. */
  readonly counting = new StepPace(4e-3, 200);
  /** By values of the answer. */
  readonly handing = new StepPace(2e-3, 100);

  /**
   * What is left to do when the intervals are made, milliseconds.
   * @param work rows that tails are judged by, and values of the answer
   */
  finishMs({ tailRows, values }: { readonly tailRows: number; readonly values: number }): number {
    return this.tails.predictMs(tailRows) + handOvers * this.handing.predictMs(values);
  }
}
