import type { CatalogSnapshot, SampleEntry } from '../catalog/index.ts';
import { type FileSystem, QueryError } from '../common/index.ts';
import type { HeldLease, Timers } from '../leases/index.ts';
import { openSample, type Sample, SampleFault } from '../samples/index.ts';
import type { RunControl } from './run-control.ts';
import { LateSample, waitAtMost } from './wait-at-most.ts';

/** A sample that is open, and the lease that keeps its files from being removed. */
interface PinnedSample {
  readonly sample: Sample;
  readonly pin: HeldLease;
}

/** A sample that no new statement gets, and the statements that may still read it. */
interface LeavingSample {
  readonly opening: Promise<PinnedSample>;
  readonly readers: Set<symbol>;
}

/** What is wrong with which sample: ends the work of a statement, which is run again without it. */
class UnusableSample extends QueryError {
  constructor(
    readonly entry: SampleEntry,
    readonly fault: SampleFault,
  ) {
    super(fault.code, fault.message, { hint: fault.hint, cause: fault.cause });
  }
}

/** Whether an error says that a sample broke, or could not be read in time: what was read of it before is sound. */
export const isSampleLost = (error: unknown): boolean =>
  error instanceof UnusableSample || error instanceof LateSample;

/** Ids of samples that a statement could not use; null: one was dropped. None: it runs for the first time. */
export type FailedSamples = ReadonlySet<number | null>;

/** Memory that may be let go of and not given back yet, as a share of what columns may take. */
const freedShare = 0.5;

/** Samples at most that are dropped under a statement before it fails. */
const dropsMax = 8;

export interface SampleCacheOptions {
  readonly files: FileSystem;
  readonly timers: Timers;
  readonly folder: string;
  /** Memory that columns of samples may take when no statement runs, bytes. */
  readonly bytesMax: number;
  /** @throws QueryError UNKNOWN_SAMPLE where the sample is no longer in the catalog */
  readonly pin: (entry: SampleEntry) => Promise<HeldLease>;
  /** Called when no new statement gets an open sample any more. */
  readonly onForget: (id: number, sample: Sample) => void;
  /** Called when columns of half as much memory as they may take were let go of, since the start or the last call: it is to be given back. */
  readonly onFreed: () => void;
  /** Called when a pin was given back: files may be nobody's now. */
  readonly onLetGo: () => Promise<void>;
  /** Called when a sample turned out to be unusable: statements planned from then on leave it out. */
  readonly onFault: (entry: SampleEntry, fault: SampleFault) => void;
}

/**
 * Samples in use: each opened once and pinned, its columns loaded as queries need them. Where they take too much memory, those that were
 * not used for longest are let go of.
 */
export class SampleCache {
  /** The one that was used last is the last. */
  private readonly open = new Map<number, Promise<PinnedSample>>();
  /** Those that are open by now. */
  private readonly ready = new Map<number, Sample>();
  private readonly leaving = new Set<LeavingSample>();
  private readonly running = new Set<symbol>();
  /** What was let go of since memory was given back. */
  private freedBytes = 0;
  private isClosed = false;

  constructor(private readonly options: SampleCacheOptions) {}

  /**
   * Runs work that gets samples: none that it got is closed before it ends. Where a sample was dropped between planning and getting
   * it, the work is run again, a few times, since others may be dropped meanwhile; where some turned out to be unusable, or were not read
   * in time, once for each of them.
   * @param work is told what it ran into before
   */
  async during<T>(work: (failed: FailedSamples) => Promise<T>): Promise<T> {
    const me = Symbol('statement');
    this.running.add(me);
    const failed = new Set<number | null>();
    let drops = 0;
    try {
      for (;;) {
        try {
          return await work(failed);
        } catch (error) {
          const sample =
            error instanceof UnusableSample || error instanceof LateSample ? error.entry.id : null;
          const isTransient = sample !== null || (error instanceof QueryError && error.code === 'UNKNOWN_SAMPLE'); // prettier-ignore
          const isAgain = sample === null ? ++drops > dropsMax : failed.has(sample);
          if (!isTransient || isAgain) throw error;
          failed.add(sample);
        }
      }
    } finally {
      this.running.delete(me);
      for (const left of this.leaving) {
        left.readers.delete(me);
        // The answer is there; what is not tidied up now is tidied up later.
        if (left.readers.size === 0) await this.letGo(left).catch(() => undefined);
      }
      if (this.excessBytes > 0) await this.letGoOfTooMuch().catch(() => undefined);
    }
  }

  /** What columns take beyond the memory that they may. One that is still being opened has nothing loaded, and may not answer for long. */
  private get excessBytes(): number {
    let bytes = 0;
    for (const sample of this.ready.values()) bytes += sample.bytesLoaded();
    return bytes - this.options.bytesMax;
  }

  /** Lets go of what was not used for longest, until the rest fits into memory. What statements read now goes when they have ended. */
  private async letGoOfTooMuch(): Promise<void> {
    let excess = this.excessBytes;
    for (const id of this.open.keys()) {
      if (excess <= 0) return;
      const bytes = this.ready.get(id)?.bytesLoaded() ?? 0;
      if (bytes === 0) continue;
      excess -= bytes;
      await this.forget(id);
    }
  }

  /** Has faults say of which sample they are, and all statements from now on do without it. */
  private async withoutFault<T>(entry: SampleEntry, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof SampleFault ? this.broken(entry, error) : error;
    }
  }

  private broken(entry: SampleEntry, fault: SampleFault): UnusableSample {
    this.options.onFault(entry, fault);
    void this.forget(entry.id).catch(() => undefined); // what cannot be let go of now is let go of later
    return new UnusableSample(entry, fault);
  }

  /**
   * @param control of the statement that reads it: it waits for the device no longer than it may, while what it has asked for goes on
   * @throws QueryError DAMAGED_SAMPLE; DEADLINE_EXCEEDED, later also where it is loaded; UNKNOWN_SAMPLE where it was dropped meanwhile
   */
  async get(entry: SampleEntry, control: RunControl | null = null): Promise<Sample> {
    const opening = this.shared(entry);
    if (control === null) return await opening;
    const { withinMs } = control;
    const inTime = <T>(work: Promise<T>): Promise<T> =>
      withinMs === null
        ? work
        : waitAtMost(this.options.timers, control.deviceEndMs - control.elapsedMs(), work, () => new LateSample(entry, withinMs)); // prettier-ignore
    const sample = await inTime(opening);
    const load: Sample['load'] = (name, rows) =>
      control.loading(sample.bytesToLoad(name, rows), inTime(sample.load(name, rows)));
    return { ...sample, load };
  }

  /** Whether new statements get just this sample for an entry. */
  holds({ id }: SampleEntry, sample: Sample): boolean {
    return this.ready.get(id) === sample;
  }

  private async shared(entry: SampleEntry): Promise<Sample> {
    // Nobody would close it.
    if (this.isClosed) throw new QueryError('CLOSED', 'the engine is closed');
    const known = this.open.get(entry.id);
    if (known !== undefined) {
      this.open.delete(entry.id);
      this.open.set(entry.id, known);
      return (await known).sample;
    }
    const opening = this.openPinned(entry);
    this.open.set(entry.id, opening);
    try {
      const { sample } = await opening;
      if (this.open.get(entry.id) === opening) this.ready.set(entry.id, sample);
      return sample;
    } catch (error) {
      if (this.open.get(entry.id) === opening) this.open.delete(entry.id);
      throw error;
    }
  }

  /** Closes a sample that is no longer in the catalog, when the last statement that may read it has ended. @throws QueryError STORAGE */
  async forget(id: number): Promise<void> {
    const opening = this.open.get(id);
    if (opening === undefined) return;
    this.open.delete(id);
    const sample = this.ready.get(id);
    this.ready.delete(id);
    if (sample !== undefined) this.options.onForget(id, sample);
    const left = { opening, readers: new Set(this.running) };
    this.leaving.add(left);
    if (left.readers.size === 0) await this.letGo(left);
  }

  /** Closes samples that other processes have dropped. @throws QueryError STORAGE */
  async forgetDropped({ samples }: CatalogSnapshot): Promise<void> {
    const known = new Set(samples.map(({ id }) => id));
    for (const id of this.open.keys()) if (!known.has(id)) await this.forget(id);
  }

  /** Closes all samples, whoever reads them. @throws QueryError STORAGE */
  async close(): Promise<void> {
    this.isClosed = true;
    this.running.clear();
    for (const id of this.open.keys()) await this.forget(id);
    for (const left of this.leaving) await this.letGo(left);
  }

  private async openPinned(entry: SampleEntry): Promise<PinnedSample> {
    const pin = await this.options.pin(entry);
    try {
      const { files, folder } = this.options;
      const opened = await this.withoutFault(entry, openSample(files, folder, entry.files));
      const load: Sample['load'] = (name, rows) => this.withoutFault(entry, opened.load(name, rows));
      const unreadable: Sample['unreadable'] = (reason) =>
        this.broken(entry, new SampleFault('unavailable', reason));
      const sample = { ...opened, load, unreadable };
      // Its files may go now, though what is open stays readable: the next statement opens and pins it anew.
      pin.signal.addEventListener('abort', () => void this.forget(entry.id).catch(() => undefined));
      return { sample, pin };
    } catch (error) {
      await pin.release().catch(() => undefined); // given back with the next one
      throw error;
    }
  }

  private async letGo(left: LeavingSample): Promise<void> {
    if (!this.leaving.delete(left)) return;
    const opened = await left.opening.catch(() => null); // whoever asked for it was told
    if (opened === null) return;
    const { sample, pin } = opened;
    this.freedBytes += sample.bytesLoaded();
    // Files that cannot be closed are no reason to keep them.
    await sample.close().catch(() => undefined);
    if (this.freedBytes > this.options.bytesMax * freedShare) {
      this.freedBytes = 0;
      this.options.onFreed();
    }
    await pin.release();
    await this.options.onLetGo();
  }
}
