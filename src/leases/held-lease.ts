import type { Clock, QueryError } from '../common/index.ts';
import type { Fence } from './fence.ts';
import type { Grant } from './lease-store.ts';

/** A lease in the hands of its holder; its keeper renews it until it is released or lost. */
export class HeldLease implements Fence {
  readonly name: string;
  readonly token: number;
  private loss: QueryError | null = null;
  private controller: AbortController | null = null;

  constructor(
    private current: Grant,
    private readonly clock: Clock,
    private readonly giveBack: (lease: HeldLease) => Promise<void>,
  ) {
    this.name = current.name;
    this.token = current.token;
  }

  /** As last renewed. */
  get grant(): Grant {
    return this.current;
  }

  /** Aborts, with a QueryError LEASE_LOST, when the lease is lost; not when it is released. */
  get signal(): AbortSignal {
    // Made when it is asked for: of very many leases few are listened to.
    this.controller ??= new AbortController();
    if (this.loss !== null) this.controller.abort(this.loss);
    return this.controller.signal;
  }

  /**
   * True: by this process's monotonic clock nobody else may have taken it. After the process was stopped this is false until the
   * lease has been renewed. It is only advice: a write is protected by its token alone.
   */
  isValid(): boolean {
    return this.loss === null && this.clock.monotonicMs() < this.current.validUntilMs;
  }

  /** Gives the lease back. A lease that is lost already is not missed. @throws QueryError STORAGE */
  async release(): Promise<void> {
    await this.giveBack(this);
  }

  /** For its keeper: the lease was renewed. */
  renewed(grant: Grant): void {
    this.current = grant;
  }

  /** For its keeper: the lease is gone. */
  lost(loss: QueryError): void {
    this.loss ??= loss;
    this.controller?.abort(this.loss);
  }
}
