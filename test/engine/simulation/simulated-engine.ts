import { Catalog, type SampleEntry, type TableEntry } from '../../../src/catalog/index.ts';
import type { FileSystem } from '../../../src/common/index.ts';
import type { Database } from '../../../src/database/index.ts';
import {
  type BuildClaim,
  claimBuild,
  claimRenewal,
  giveBack,
  giveUp,
  publishSample,
  underClaim,
} from '../../../src/engine/build-claim.ts';
import { collectFiles, type Remains } from '../../../src/engine/sample-pins.ts';
import { SampleTroubles } from '../../../src/engine/sample-troubles.ts';
import { dropSample, letGoOfSamples } from '../../../src/engine/samples.ts';
import { shareSamples } from '../../../src/engine/share-samples.ts';
import type { EngineState } from '../../../src/engine/state.ts';
import type { HeldLease } from '../../../src/leases/index.ts';
import { writeSample } from '../../../src/sampler/write-sample.ts';
import type { SimulatedProcess } from '../../leases/simulated-world.ts';
import { drawSmall, isWhole } from './small-sample.ts';

/** Where the simulated processes keep their samples. */
export const folders = { samples: '/samples', tables: '/tables' };

/** What is done wrong on purpose, to see that it is noticed. */
export type PlantedBug =
  'no-sync' | 'no-folder-sync' | 'no-fence' | 'no-pins' | 'no-owners' | 'never-collects';

/** A sample that a statement has in its hands. */
export interface Read {
  readonly entry: SampleEntry;
  readonly pinPrefix: string;
  /** False: its pin has been over; nothing is promised any more. */
  isProtected: boolean;
}

/** What the simulation wants to hear of. */
export interface Watcher {
  /** Files are written under a number. */
  readonly onNumber: (number: number, lease: HeldLease) => void;
  readonly onRead: (read: Read) => void;
  readonly onReadEnd: (read: Read) => void;
  readonly onAlert: (message: string) => void;
}

const span = { start: 0, end: 0 };
const nobodyAborts = { options: {}, throwIfCancelled: (): void => undefined };

/** What the engine does with samples, without DuckDB: the code is the engine's own, but for the rows. */
export class SimulatedEngine {
  readonly catalog: Catalog;
  readonly parts: Pick<EngineState, 'leases' | 'remains' | 'samples'>;
  private readonly troubles: SampleTroubles;
  private ids = 0;

  constructor(
    readonly process: SimulatedProcess,
    private readonly database: Database,
    private readonly files: FileSystem,
    private readonly watcher: Watcher,
    private readonly planted: PlantedBug | undefined,
  ) {
    const { clock, timers, name, life } = process;
    this.catalog = new Catalog(database);
    this.troubles = new SampleTroubles(this.catalog, clock, ({ message }) => watcher.onAlert(message));
    const newId = (): string => `${name}-${life}-${++this.ids}`;
    this.parts = shareSamples(
      { files, clock, timers, newId },
      database,
      this.catalog,
      this.troubles,
      folders,
      Number.POSITIVE_INFINITY,
    );
  }

  private get state(): Pick<EngineState, 'catalog' | 'leases' | 'remains' | 'samples'> {
    return { catalog: this.catalog, ...this.parts, remains: this.remains };
  }

  private get remains(): Remains {
    const { remains } = this.parts;
    if (this.planted === 'never-collects')
      return { ...remains, files: { ...remains.files, remove: () => Promise.resolve() } };
    // Every builder's lease looks over.
    if (this.planted === 'no-owners')
      return { ...remains, clock: { ...remains.clock, nowMs: () => Number.MAX_VALUE } };
    if (this.planted !== 'no-pins') return remains;
    const { leases } = remains;
    return { ...remains, leases: { list: () => [], sweep: () => leases.sweep() } as never }; // as far as it is used
  }

  /** CREATE SAMPLE. */
  async build(name: string): Promise<void> {
    const { state } = this;
    const claim = await claimBuild(state, { name: { name, span }, ifNotExists: false }, name, nobodyAborts);
    if (!('lease' in claim)) return;
    const { lease } = claim;
    await underClaim(state, claim, nobodyAborts, async () => {
      const fence = { name: lease.name, token: lease.token };
      const [table] = this.catalog.snapshot().tables;
      await publishSample(this.publisher(), table!, fence, (number) => this.draw(name, 1, number, lease));
    });
  }

  /** REFRESH SAMPLES: all samples are made anew and replaced at once. */
  async refresh(): Promise<void> {
    const { tables, samples } = this.catalog.snapshot();
    const [table] = tables;
    const claims: BuildClaim[] = [];
    try {
      for (const { name } of samples) claims.push(await claimRenewal(this.state, name, span));
      const renewals: { before: SampleEntry; after: SampleEntry }[] = [];
      for (const [place, before] of samples.entries()) {
        const { lease } = claims[place]!; // one a sample
        const number = await this.catalog.nextFileNumber(lease);
        const after = await this.draw(before.name, before.version + 1, number, lease);
        renewals.push({ before, after });
      }
      const fences = claims.map(({ lease }) => lease);
      await this.catalog.refreshTable(table!, table!, samples, renewals, fences); // there is one
    } catch (error) {
      await giveUp(this.state, claims);
      for (const { lease } of claims) if (lease.signal.aborted) throw lease.signal.reason;
      throw error;
    }
    await giveBack(claims);
    await letGoOfSamples(this.state, samples);
  }

  /** Writes the files of a sample as a build does. */
  private async draw(name: string, version: number, number: number, lease: HeldLease): Promise<SampleEntry> {
    this.watcher.onNumber(number, lease);
    const pause = (): Promise<void> => {
      lease.signal.throwIfAborted();
      return Promise.resolve();
    };
    const place = { folder: folders.samples, number };
    const { outliers: _none, ...built } = await writeSample(
      this.builderFiles(),
      place,
      drawSmall(number),
      pause,
    );
    const method = { kind: 'uniform', unit: 'rows', amount: built.rows } as const;
    return { id: number, tableId: 1, name, version, method, seed: 1, ...built, createdMs: this.process.clock.nowMs() }; // prettier-ignore
  }

  /** A statement that reads a sample and takes its time. */
  async read(name: string, dwell: () => Promise<void>): Promise<void> {
    const { samples } = this.parts;
    const { stalledUntilMs } = this.process;
    await samples.during(async () => {
      const entry = this.troubles.snapshot().samples.find((each) => each.name === name);
      if (entry === undefined || entry.trouble !== undefined) return;
      const sample = await samples.get(entry);
      const pinPrefix = `read/${entry.id}/${this.process.name}-${this.process.life}-`;
      // Where it was stopped before it had opened the sample, its pin may have been over by then.
      const read: Read = { entry, pinPrefix, isProtected: this.process.stalledUntilMs === stalledUntilMs };
      this.watcher.onRead(read);
      try {
        await dwell();
        if (!(await isWhole(sample, entry.id))) throw new Error(`${name} is not what was written`);
        await dwell();
      } finally {
        this.watcher.onReadEnd(read);
      }
    });
  }

  /** DROP SAMPLE. */
  async drop(name: string): Promise<void> {
    await dropSample(this.state, {
      kind: 'drop',
      what: 'sample',
      name: { name, span },
      ifExists: true,
      span,
    });
  }

  /** What is done at opening and at the beat. */
  async collect(): Promise<void> {
    await this.parts.samples.forgetDropped(this.catalog.snapshot());
    await collectFiles(this.remains);
  }

  /** The builder's files, with what is planted. */
  private builderFiles(): FileSystem {
    const { files, planted } = this;
    const nothing = (): Promise<void> => Promise.resolve();
    if (planted === 'no-folder-sync') return { ...files, syncFolder: nothing };
    if (planted !== 'no-sync') return files;
    return { ...files, open: async (path, mode) => ({ ...(await files.open(path, mode)), sync: nothing }) };
  }

  private publisher(): Catalog {
    const { planted, catalog, database, process, parts } = this;
    if (planted === 'no-fence')
      return Object.assign(Object.create(catalog) as Catalog, {
        // Publishes under whatever lease there is by now; is stopped just before that, when somebody else may get it.
        addSample: async (entry: SampleEntry, of: TableEntry, { name }: { name: string }) => {
          process.stall(1.5 * parts.leases.termMs);
          await process.timers.pause(0);
          const now = database.prepare('SELECT token FROM leases WHERE name = ?').get(name);
          await database.transactLazily(() => {
            database.prepare('INSERT INTO unfinished_files (number, token) VALUES (?, ?)').run(-entry.id, now?.['token'] ?? 0); // prettier-ignore
          });
          await catalog.addSample(entry, of, { name, token: Number(now?.['token'] ?? 0) });
        },
      });
    return catalog;
  }
}
