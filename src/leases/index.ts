/*
 * leases: rights with an end. A name, who holds it, until when, and a token that grows with every grant.
 * In: the database, a clock, timers. Out: leases that renew themselves, and word when one is lost.
 * Always: a token is given once, ever; a lease alone excludes nobody, so whoever writes under one checks its token in the same
 * transaction. The wall clock decides when others may take over; the monotonic clock, how long a holder counts on its lease.
 */
export { type Fence, requireLease } from './fence.ts';
export { HeldLease } from './held-lease.ts';
export { leaseSchema } from './lease-schema.ts';
export { LeaseKeeper, renewalsPerTerm } from './lease-keeper.ts';
export { type LeaseEntry, LeaseStore } from './lease-store.ts';
export { systemTimers, type Timers } from './timers.ts';
