/** Turns in a row that may be left to new connections. */
const leftMax = 16;

/**
 * Turns of the event loop: who asks for one goes on when it comes, one in each turn. So between two pieces of whatever many statements
 * do, the process takes in what has come. Node.js accepts one connection in each turn: where many come at once, turns are left to them.
 */
class LoopTurns {
  private readonly waiting: (() => void)[] = [];
  private isTurning = false;
  private isLeft = false;
  private leftInARow = 0;

  /** Resolves in a turn of its own, behind those who asked before. */
  async next(): Promise<void> {
    await new Promise<void>((resume) => {
      this.waiting.push(resume);
      this.turn();
    });
  }

  /** A connection came, and there may be more: the next turn is theirs. */
  leaveNext(): void {
    this.isLeft = true;
  }

  private turn(): void {
    if (this.isTurning || this.waiting.length === 0) return;
    this.isTurning = true;
    setImmediate(() => {
      this.isTurning = false;
      const isTaken = !this.isLeft || this.leftInARow >= leftMax;
      this.leftInARow = isTaken ? 0 : this.leftInARow + 1;
      this.isLeft = false;
      if (isTaken) this.waiting.shift()?.();
      this.turn();
    });
  }
}

/** The loop is the process's, not an engine's. */
export const loopTurns = new LoopTurns();
