/**
 * The work's result, or an error as soon as the signal fires. The work goes on and is told by its own means that nobody waits for it:
 * to end it may take a while.
 * @param makeError what to reject with
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, makeError: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(makeError());
    const done = (): void => signal.removeEventListener('abort', stop);
    work.then(resolve, reject).then(done, done);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
