import type { Answered } from './messages.ts';

/** How long an answer waits for others at most, milliseconds. */
const heldMs = 4;

/**
 * Hands answers over, several at once where more are to come: each message wakes the engine's own thread, which would have to share
 * a core with those that answer. As long as a thread still has as much to do as lies ready, it does not run out of work meanwhile.
 */
export class HandOver {
  private held: Answered[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly send: (answers: readonly Answered[]) => void) {}

  /** @param left questions that are not answered yet */
  add(answered: Answered, left: number): void {
    this.held.push(answered);
    if (this.held.length >= left) this.now();
    else this.timer ??= setTimeout(() => this.now(), heldMs);
  }

  private now(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const answers = this.held;
    this.held = [];
    this.send(answers);
  }
}
