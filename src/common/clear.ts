/** Empties a list. Where it is empty nothing is set: V8 sets a length by a call, which takes longer than the sums of an estimate. */
export function clear(list: unknown[]): void {
  if (list.length > 0) list.length = 0;
}
