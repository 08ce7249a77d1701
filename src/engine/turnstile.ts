/**
 * Lets statements begin one after the other, each behind what the process has to take in by then. A statement that waits for nothing
 * goes through without giving way, and so does the next of the same caller: without a turnstile others would wait for as long as that
 * one asks. A statement that comes alone goes straight through.
 */
export class Turnstile {
  private readonly waiting: (() => void)[] = [];
  private isTurning = false;
  private begun = 0;
  private underWay = 0;

  /** A statement begins when it is its turn; it is to leave. @returns tells whether no other has been under way since it came */
  async enter(): Promise<() => boolean> {
    const own = ++this.begun;
    const isAlone = ++this.underWay === 1;
    if (!isAlone) await this.turn();
    return () => isAlone && this.begun === own;
  }

  leave(): void {
    this.underWay--;
  }

  private async turn(): Promise<void> {
    await new Promise<void>((resume) => {
      this.waiting.push(resume);
      this.release();
    });
  }

  private release(): void {
    if (this.isTurning || this.waiting.length === 0) return;
    this.isTurning = true;
    setImmediate(() => {
      this.isTurning = false;
      this.waiting.shift()?.();
      this.release();
    });
  }
}
