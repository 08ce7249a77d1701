import type { Work } from './stages/index.ts';

/** Aborts when nobody waits for the works any more. */
export function whenAllLeave(
  batch: readonly Work<{ readonly asked: { readonly signal: AbortSignal } }>[],
): AbortSignal {
  const signals = batch.map(({ payload }) => payload.asked.signal);
  if (signals.length === 1) return signals[0]!; // just checked
  const left = new AbortController();
  const look = (): void => {
    if (signals.every(({ aborted }) => aborted)) left.abort();
  };
  for (const signal of signals) signal.addEventListener('abort', look, { once: true });
  return left.signal;
}
