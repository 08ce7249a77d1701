import { join } from 'node:path';
import type { Catalog, DroppedSamples, SampleEntry } from '../catalog/index.ts';
import type { FileSystem } from '../common/index.ts';
import { HeldLease, type LeaseKeeper, type LeaseStore } from '../leases/index.ts';

/*
 * A process that has a sample open holds a lease on it, a pin: one for each process and sample. Dropping a sample takes it out of
 * the catalog at once; its files are removed when no pin is left. What is dropped cannot be pinned any more.
 */

const pinsOf = (id: number): string => `read/${id}/`;

/** The sample that a lease pins; null: it is no pin. */
export function pinnedSample(leaseName: string): number | null {
  const found = /^read\/(\d+)\//.exec(leaseName);
  return found === null ? null : Number(found[1]);
}

/**
 * Pins a sample that is about to be opened.
 * @param opener a name that was never given before
 * @throws QueryError UNKNOWN_SAMPLE where it was dropped meanwhile; STORAGE
 */
export async function pinSample(
  leases: LeaseKeeper,
  catalog: Catalog,
  { id, name }: Pick<SampleEntry, 'id' | 'name'>,
  opener: string,
): Promise<HeldLease> {
  const pin = await leases.hold(pinsOf(id) + opener, () => catalog.requireSample(id, name));
  if (!(pin instanceof HeldLease)) throw new Error(`${pin.name} was given before`);
  return pin;
}

/** Where the files of dropped samples are, and who may still read them. */
export interface Remains {
  readonly dropped: DroppedSamples;
  readonly leases: LeaseStore;
  readonly files: FileSystem;
  /** Of the samples. */
  readonly folder: string;
}

/** How many processes have a sample open. */
export function readersOf({ leases }: Pick<Remains, 'leases'>, id: number): number {
  return leases.list(pinsOf(id)).filter(({ isOver }) => !isOver).length;
}

/** Removes the files of dropped samples that nobody has open any more; those that cannot be removed stay for later. @throws QueryError STORAGE */
export async function collectSamples(remains: Remains): Promise<void> {
  const { dropped, leases, files, folder } = remains;
  for (const { id, files: left } of await dropped.list()) {
    if (readersOf(remains, id) > 0) continue;
    try {
      for (const file of left === null ? [] : [left.dataFile, left.strataFile])
        await files.remove(join(folder, file));
    } catch {
      continue;
    }
    await dropped.forget(id);
  }
  // Pins of processes that are gone are nobody's to give back.
  await leases.sweep();
}
