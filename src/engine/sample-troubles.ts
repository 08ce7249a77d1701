import type { Catalog, CatalogSnapshot, SampleEntry, SampleTrouble } from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
import type { SampleFault } from '../samples/index.ts';
import type { Alert } from './contract.ts';

/** How long a sample that the device does not give is left alone. */
const tryAgainMs = 30_000;

/** What is known against samples: of damage the catalog is told, and with it all processes; what may pass is this process's own. */
export class SampleTroubles {
  private readonly own = new Map<number, { readonly version: number; readonly trouble: SampleTrouble }>();

  constructor(
    private readonly catalog: Catalog,
    private readonly clock: Clock,
    private readonly onAlert: (alert: Alert) => void,
  ) {}

  /** All tables and samples, as of now; of samples what is known against them. */
  snapshot(): CatalogSnapshot {
    const snapshot = this.catalog.snapshot();
    return this.own.size === 0
      ? snapshot
      : { ...snapshot, samples: snapshot.samples.map((sample) => this.withOwn(sample)) };
  }

  /** Statements planned from now on leave the sample out. It never fails. */
  async report(entry: SampleEntry, { kind, message }: SampleFault): Promise<void> {
    if (this.snapshot().samples.every(({ id, trouble }) => id !== entry.id || trouble !== undefined)) return;
    const { id, name: sample, version, tableId } = entry;
    const trouble: SampleTrouble = { kind, sinceMs: this.clock.nowMs(), reason: message };
    this.own.set(id, { version, trouble });
    const table = this.catalog.snapshot().tables.find((each) => each.id === tableId)?.name ?? null;
    this.onAlert({
      kind: `${kind}-sample`,
      sample,
      table,
      message: describeTrouble({ name: sample, trouble }),
    });
    // Where the catalog cannot be written, this process knows all the same, and others find it out by themselves.
    if (kind === 'damaged')
      await this.catalog.quarantine(entry, trouble).then(
        () => this.own.delete(id),
        () => undefined,
      );
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
export function describeTrouble({ name, trouble }: Pick<SampleEntry, 'name' | 'trouble'>): string {
  const { kind, reason } = trouble!; // asked of samples that have trouble
  return `the sample ${name} is ${kind}: ${reason}`;
}
