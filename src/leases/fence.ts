import { QueryError } from '../common/index.ts';
import type { Database } from '../database/index.ts';

/** What a protected write shows: the lease that it was begun under. */
export interface Fence {
  readonly name: string;
  readonly token: number;
}

/**
 * To be called in the transaction of a protected write, before it writes. Time is not asked: a lease whose term is over but which
 * nobody has taken since still excludes everybody else.
 * @throws QueryError LEASE_LOST where the lease was given to somebody else since, released, or forgotten
 */
export function requireLease(database: Database, { name, token }: Fence): void {
  const row = database.prepare('SELECT 1 FROM leases WHERE token = ? AND name = ?').get(token, name);
  if (row === undefined) throw lostLease(name);
}

/** The error of a holder whose lease is gone. @param cause what kept it from being renewed, where that is known */
export function lostLease(name: string, cause?: unknown): QueryError {
  return new QueryError('LEASE_LOST', `the lease ${name} was lost before the work under it was done`, {
    hint: 'nothing was written; run the statement again',
    cause,
  });
}
