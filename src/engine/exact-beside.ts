import { QueryError } from '../common/index.ts';
import type { RunControl } from './run-control.ts';

/**
 * Waits for the exact answer until the deadline, and has something else get ready beside it meanwhile, on the threads that the source
 * does not use.
 * @param exact asks the source
 * @param ready makes what is answered where the source is late; it ends before the deadline by itself, and is given up where it is not needed
 * @returns what `exact` gives; what `ready` gives where the deadline came first
 * @throws QueryError as either of them, but for DEADLINE_EXCEEDED of the source
 */
export async function exactBeside<Exact, Ready>(
  control: RunControl,
  exact: () => Promise<Exact>,
  ready: () => Promise<Ready>,
): Promise<{ readonly exact: Exact } | { readonly ready: Ready }> {
  control.handOverMs = control.reserveMs;
  const asked = exact();
  // Whichever is not waited for may fail.
  asked.catch(() => undefined);
  const beside = ready();
  beside.catch(() => undefined);
  try {
    const answer = await asked;
    control.isAnswered = true;
    return { exact: answer };
  } catch (error) {
    if (!isLate(error)) {
      control.isAnswered = true;
      throw error;
    }
    return { ready: await beside };
  }
}

/** Whether an error says that the deadline came first. */
function isLate(error: unknown): boolean {
  return error instanceof QueryError && error.code === 'DEADLINE_EXCEEDED';
}
