/** Work of which a few may be under way at once; the rest waits for its turn, first come, first served. */
export class Turns {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  /** Does work in its turn. What waits begins as soon as other work ends, before anybody hears of that end. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.underWay >= this.atOnce) await new Promise<void>((begin) => this.waiting.push(begin));
    else this.underWay++;
    try {
      return await work();
    } finally {
      // The turn is handed on.
      const next = this.waiting.shift();
      if (next === undefined) this.underWay--;
      else next();
    }
  }
}
