import { QueryError } from '../index.ts';
import { Overloaded } from './overloaded.ts';
import type { DropReason } from './stages/index.ts';

/** When it is worth asking again where nothing better is known, milliseconds. */
export const retryAfterMs = 1000;

/** What whoever asks is told where nothing more is taken. */
export const closed = (): QueryError => new QueryError('CLOSED', 'the server is shutting down');

/** What whoever waits for a work is told where it was dropped. */
export function dropError(reason: DropReason): Error {
  switch (reason) {
    case 'abandoned':
      return new QueryError('CANCELLED', 'the statement was cancelled');
    case 'closed':
      return closed();
    case 'expired':
    case 'evicted':
      return new Overloaded(retryAfterMs);
  }
}
