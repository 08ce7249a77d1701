import { loopTurns } from './loop-turns.ts';

/**
 * Lets statements begin one after the other, each behind what the process has to take in by then. A statement that waits for nothing
 * goes through without giving way, and so does the next of the same caller: without a turnstile others would wait for as long as that
 * one asks. A statement that comes alone goes straight through.
 */
export class Turnstile {
  private begun = 0;
  private underWay = 0;

  /** A statement begins when it is its turn; it is to leave. @returns tells whether no other has been under way since it came */
  async enter(): Promise<() => boolean> {
    const own = ++this.begun;
    const isAlone = ++this.underWay === 1;
    if (!isAlone) await loopTurns.next();
    return () => isAlone && this.begun === own;
  }

  leave(): void {
    this.underWay--;
  }
}
