import type { Clock } from '../common/index.ts';
import type { Database, SqliteValue } from '../database/index.ts';

/** A lease as everybody sees it. Times are of the wall clock, milliseconds since 1970. */
export interface LeaseEntry {
  readonly name: string;
  /** Who has it, for people to read. */
  readonly holder: string;
  readonly token: number;
  readonly termMs: number;
  readonly grantedMs: number;
  /** From when on somebody else may take it. */
  readonly expiresMs: number;
  readonly renewals: number;
  /** True: its term is over, and nobody has taken it since. */
  readonly isOver: boolean;
}

/** A lease as its holder has it. */
export interface Grant {
  readonly name: string;
  readonly token: number;
  readonly termMs: number;
  /** Up to when the holder counts on it, by its own monotonic clock, milliseconds. */
  readonly validUntilMs: number;
}

/** What came of trying to get a lease. */
export type LeaseAttempt =
  | { readonly kind: 'granted'; readonly lease: Grant }
  | { readonly kind: 'refused'; readonly held: LeaseEntry };

/**
 * Lazily: a power loss may take the grant back, and its token may be given again then. That is good for leases that nothing is written
 * under: their holders, all that ever heard of the token, end with the machine.
 */
export type Keep = 'durably' | 'lazily';

/** A lease of somebody else, and since when (monotonic) it has not been renewed before our eyes. */
interface Watched {
  readonly token: number;
  readonly renewals: number;
  readonly sinceMs: number;
}

/**
 * Share of the term for which a holder counts on its lease: the rest covers a wall clock that is slewed, and what passes between
 * looking and doing.
 */
const ownShare = 0.9;

/** Most leases of others that are watched at once; the longest watched go. */
const watchedMax = 10_000;

/** Leases, in SQLite: acquire, renew, release, look. Each call is one transaction. */
export class LeaseStore {
  private readonly watched = new Map<string, Watched>();
  /**
   * Tokens that are to be given back and could not be, or were granted in a write that failed too late: nobody renews them, but they
   * would be in the way for their terms.
   */
  private owed: readonly number[] = [];

  /** @param holder who is asking, for people to read */
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly holder: string,
  ) {}

  /**
   * Tries to get leases: each is granted where nobody has it, or where its term is over. Over it is when the wall clock says so, or
   * when it was not renewed for a whole term before our eyes, whatever the wall clock says: that may have been set back.
   * @param check is run first in the same transaction; where it throws, nothing is granted
   * @param keep whether the device has it when it is granted
   * @returns one outcome a name
   * @throws QueryError STORAGE; whatever `check` does
   */
  async acquire(
    names: readonly string[],
    termMs: number,
    check: () => void = () => undefined,
    keep: Keep = 'durably',
  ): Promise<LeaseAttempt[]> {
    let granted: readonly number[] = [];
    let paid: ReadonlySet<number> = new Set();
    const acquire = (): LeaseAttempt[] => {
      paid = this.payBack();
      check();
      // The clock that the holder goes by is read first: being stopped between the two can only shorten what it counts on.
      const monotonicMs = this.clock.monotonicMs();
      const nowMs = this.clock.nowMs();
      const attempts = names.map((name): LeaseAttempt => this.take(name, termMs, nowMs, monotonicMs));
      granted = attempts.flatMap((each) => (each.kind === 'granted' ? [each.lease.token] : []));
      return attempts;
    };
    const acquiring =
      keep === 'durably' ? this.database.transact(acquire) : this.database.transactLazily(acquire);
    const outcomes = await acquiring.catch((error: unknown) => {
      this.owed = [...this.owed, ...granted];
      throw error;
    });
    this.settled(paid);
    for (const outcome of outcomes) if (outcome.kind === 'granted') this.watched.delete(outcome.lease.name);
    return outcomes;
  }

  /**
   * Renews leases from now on for their terms. One whose term is over is renewed too, where nobody has taken it.
   * @returns one entry a lease; null: it is somebody else's, or nobody's
   * @throws QueryError STORAGE
   */
  async renew(leases: readonly Grant[]): Promise<(Grant | null)[]> {
    return await this.database.transact(() => {
      const monotonicMs = this.clock.monotonicMs();
      const nowMs = this.clock.nowMs();
      const renew = this.database.prepare(
        'UPDATE leases SET expires_ms = ? + term_ms, renewals = renewals + 1 WHERE token = ?',
      );
      return leases.map((lease) =>
        renew.run(nowMs, lease.token).changes === 0
          ? null
          : { ...lease, validUntilMs: monotonicMs + lease.termMs * ownShare },
      );
    });
  }

  /**
   * Gives leases back; those that are lost already are not missed.
   * @throws QueryError STORAGE; then they are given back with the next ones, or before the next ones are acquired
   */
  async release(tokens: readonly number[]): Promise<void> {
    this.owed = [...this.owed, ...tokens];
    this.settled(await this.database.transact(() => this.payBack()));
  }

  /** True: some leases could not be given back yet. */
  get hasDebts(): boolean {
    return this.owed.length > 0;
  }

  private payBack(): ReadonlySet<number> {
    const remove = this.database.prepare('DELETE FROM leases WHERE token = ?');
    for (const token of this.owed) remove.run(token);
    return new Set(this.owed);
  }

  private settled(paid: ReadonlySet<number>): void {
    if (paid.size > 0) this.owed = this.owed.filter((token) => !paid.has(token));
  }

  /** Forgets leases that have been over for another whole term: their holders are gone. @throws QueryError STORAGE */
  async sweep(): Promise<void> {
    await this.database.transact(() =>
      this.database.prepare('DELETE FROM leases WHERE expires_ms + term_ms <= ?').run(this.clock.nowMs()),
    );
  }

  /** The leases whose names begin so, by name; of all that there are, those that are over too. */
  list(prefix = ''): LeaseEntry[] {
    const nowMs = this.clock.nowMs();
    return this.database
      .prepare('SELECT * FROM leases WHERE name >= ? AND name < ? || char(1114111) ORDER BY name')
      .all(prefix, prefix)
      .map((row) => readEntry(row, nowMs));
  }

  private take(name: string, termMs: number, nowMs: number, monotonicMs: number): LeaseAttempt {
    const row = this.database.prepare('SELECT * FROM leases WHERE name = ?').get(name);
    if (row !== undefined) {
      const held = readEntry(row, nowMs);
      if (!held.isOver && !this.hasGoneSilent(held, monotonicMs)) return { kind: 'refused', held };
      this.database.prepare('DELETE FROM leases WHERE token = ?').run(held.token);
    }
    const { lastInsertRowid: token } = this.database
      .prepare(
        'INSERT INTO leases (name, holder, term_ms, granted_ms, expires_ms, renewals) VALUES (?, ?, ?, ?, ?, 0)',
      )
      .run(name, this.holder, termMs, nowMs, nowMs + termMs);
    const lease = { name, token, termMs, validUntilMs: monotonicMs + termMs * ownShare };
    return { kind: 'granted', lease };
  }

  /** True where a lease was not renewed for its whole term since we first saw it as it is. */
  private hasGoneSilent({ name, token, renewals, termMs }: LeaseEntry, monotonicMs: number): boolean {
    const seen = this.watched.get(name);
    if (seen?.token === token && seen.renewals === renewals) return monotonicMs - seen.sinceMs >= termMs;
    this.watched.delete(name);
    this.watched.set(name, { token, renewals, sinceMs: monotonicMs });
    const [oldest] = this.watched.keys();
    if (this.watched.size > watchedMax && oldest !== undefined) this.watched.delete(oldest);
    return false;
  }
}

function readEntry(row: Readonly<Record<string, SqliteValue>>, nowMs: number): LeaseEntry {
  const number = (name: string): number => row[name] as number; // declared INTEGER or REAL NOT NULL
  return {
    name: row['name'] as string, // declared TEXT NOT NULL
    holder: row['holder'] as string, // declared TEXT NOT NULL
    token: number('token'),
    termMs: number('term_ms'),
    grantedMs: number('granted_ms'),
    expiresMs: number('expires_ms'),
    renewals: number('renewals'),
    isOver: number('expires_ms') <= nowMs,
  };
}
