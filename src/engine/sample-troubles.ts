import type { Catalog, CatalogSnapshot, SampleEntry, SampleTrouble } from '../catalog/index.ts';
import { type Clock, QueryError } from '../common/index.ts';
import type { SampleFault } from '../samples/index.ts';
import type { Alert } from './contract.ts';
import type { FailedSamples } from './sample-cache.ts';

/** How long a sample that the device does not give is left alone. */
const tryAgainMs = 30_000;

const noneFailed: FailedSamples = new Set();

/** What is known against samples: of damage the catalog is told, and with it all processes; what may pass is this process's own. */
export class SampleTroubles {
  /** Entries that are not what was written, of which the operator knows. */
  private readonly told = new Set<number>();
  private seen: CatalogSnapshot | null = null;
  private readonly writing = new Set<Promise<void>>();
  private readonly own = new Map<number, { readonly version: number; readonly trouble: SampleTrouble }>();

  constructor(
    private readonly catalog: Catalog,
    private readonly clock: Clock,
    private readonly onAlert: (alert: Alert) => void,
  ) {}

  /**
   * All tables and samples, as of now; of samples what is known against them.
   * @param failed ids of samples that a statement could not use: it is to be planned without them
   */
  snapshot(failed: FailedSamples = noneFailed): CatalogSnapshot {
    const snapshot = this.catalog.snapshot();
    if (snapshot !== this.seen) this.tellOfEntries(snapshot);
    this.seen = snapshot;
    if (this.own.size === 0 && failed.size === 0) return snapshot;
    const samples = snapshot.samples.map((sample) => {
      const known = this.withOwn(sample);
      // Where the table is the sample there is nothing else to go by.
      const isLate = failed.has(sample.id) && known.trouble === undefined && sample.method.kind !== 'given';
      return isLate ? { ...known, trouble: this.late() } : known;
    });
    return { ...snapshot, samples };
  }

  /** Nothing is known that other processes, and threads, would not find in the catalog. */
  get areAllInCatalog(): boolean {
    return this.own.size === 0;
  }

  /** Statements planned from now on leave the sample out. Nobody waits for the catalog, which others may be writing. */
  report(entry: SampleEntry, { kind, message }: SampleFault): void {
    const { id, version } = entry;
    if (this.isKnown(id)) return;
    const trouble: SampleTrouble = { kind, sinceMs: this.clock.nowMs(), reason: message };
    this.own.set(id, { version, trouble });
    this.alert({ ...entry, trouble });
    // Where the catalog cannot be written, this process knows all the same, and others find it out by themselves.
    if (kind === 'unavailable') return;
    const writing = this.catalog
      .quarantine(entry, trouble)
      .then(
        () => void this.own.delete(id),
        () => undefined,
      )
      .finally(() => this.writing.delete(writing));
    this.writing.add(writing);
  }

  /** Whether the sample is gone, or in trouble already; not where the catalog cannot be asked, which is no reason to go on reading. */
  private isKnown(id: number): boolean {
    try {
      return this.snapshot().samples.every((each) => each.id !== id || each.trouble !== undefined);
    } catch (error) {
      if (error instanceof QueryError) return this.own.has(id);
      throw error;
    }
  }

  /** Resolves when the catalog has all that was reported. It never fails. */
  async close(): Promise<void> {
    await Promise.all(this.writing);
  }

  private late(): SampleTrouble {
    return { kind: 'unavailable', sinceMs: this.clock.nowMs(), reason: 'it was not read in time' };
  }

  private tellOfEntries({ samples }: CatalogSnapshot): void {
    for (const sample of samples) {
      if (sample.trouble?.ofEntry !== true || this.told.has(sample.id)) continue;
      this.told.add(sample.id);
      this.alert(sample);
    }
  }

  private alert({ name, tableId, trouble }: SampleEntry): void {
    const table = this.catalog.snapshot().tables.find(({ id }) => id === tableId)?.name ?? null;
    const { kind } = trouble!; // there is some
    this.onAlert({
      kind: `${kind}-sample`,
      sample: name,
      table,
      message: describeTrouble({ name, trouble }),
    });
  }

  private withOwn(sample: SampleEntry): SampleEntry {
    const known = this.own.get(sample.id);
    if (known === undefined || sample.trouble !== undefined) return sample;
    const { version, trouble } = known;
    const isOver = trouble.kind === 'unavailable' && this.clock.nowMs() >= trouble.sinceMs + tryAgainMs;
    if (version !== sample.version || isOver) {
      this.own.delete(sample.id);
      return sample;
    }
    return { ...sample, trouble };
  }
}

/** What is known against a sample, in words. */
export function describeTrouble({
  name,
  trouble,
}: Pick<SampleEntry, 'name'> & { readonly trouble?: SampleTrouble | undefined }): string {
  const { kind, reason } = trouble!; // asked of samples that have trouble
  return `the sample ${name} is ${kind}: ${reason}`;
}
