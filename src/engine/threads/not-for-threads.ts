/** A statement is nothing for a thread after all: the engine's own thread answers it, and says what is wrong if something is. */
export class NotForThreads extends Error {
  /** @param isPassing the next statement like it may be something for a thread */
  constructor(
    message: string,
    readonly isPassing = false,
  ) {
    super(message);
  }
}
