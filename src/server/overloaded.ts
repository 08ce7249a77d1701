/** There is too much to do: a statement is refused, or given up before it began. It may be asked again later. */
export class Overloaded extends Error {
  /** @param retryAfterMs when it is worth asking again */
  constructor(readonly retryAfterMs: number) {
    super('the server has too much to do at the moment');
  }

  /** The value of a Retry-After header, whole seconds. */
  get retryAfter(): string {
    return String(Math.max(1, Math.ceil(this.retryAfterMs / 1000)));
  }
}
