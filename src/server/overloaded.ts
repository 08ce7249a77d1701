/** There is too much to do: a statement is refused, or given up before it began. It may be asked again later. */
export class Overloaded extends Error {
  /** @param retryAfterMs when it is worth asking again */
  constructor(readonly retryAfterMs: number) {
    // Nobody reads where it was found out that there is too much to do, and to note it takes a fifteenth of what a refusal costs.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super('the server has too much to do at the moment');
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** The value of a Retry-After header, whole seconds. */
  get retryAfter(): string {
    return String(Math.max(1, Math.ceil(this.retryAfterMs / 1000)));
  }
}
