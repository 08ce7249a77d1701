import { join } from 'node:path';
import type { Catalog, DroppedSamples, FileOwners, SampleEntry } from '../catalog/index.ts';
import { type Clock, type FileSystem, storageError } from '../common/index.ts';
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
  // The device is not waited for: all processes see the pin at once, and a power loss that takes it back ends its reader too.
  const pin = await leases.hold(pinsOf(id) + opener, () => catalog.requireSample(id, name), 'lazily');
  if (!(pin instanceof HeldLease)) throw new Error(`${pin.name} was given before`);
  return pin;
}

/** Where files are that may be nobody's, and who may still read them. */
export interface Remains {
  readonly dropped: DroppedSamples;
  readonly owners: FileOwners;
  readonly leases: LeaseStore;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly folders: { readonly samples: string; readonly tables: string };
}

/** How many processes have a sample open. */
export function readersOf({ leases }: Pick<Remains, 'leases'>, id: number): number {
  return leases.list(pinsOf(id)).filter(({ isOver }) => !isOver).length;
}

/**
 * Removes the files that are nobody's: of dropped samples that nobody has open any more, of dropped tables, of builders that are gone.
 * Those that cannot be removed stay for the next time.
 * @throws QueryError STORAGE
 */
export async function collectFiles(remains: Remains): Promise<void> {
  const { dropped, owners, leases, files, clock, folders } = remains;
  for (const id of await dropped.list()) if (readersOf(remains, id) === 0) await dropped.forget(id);
  try {
    const listed = {
      samples: await files.list(folders.samples),
      tables: await files.list(folders.tables),
    };
    const { samples, tables } = await owners.findNobodys(listed, clock.nowMs());
    for (const name of samples) await files.remove(join(folders.samples, name));
    for (const name of tables) await files.remove(join(folders.tables, name));
  } catch (error) {
    throw storageError(error, "remove files that are nobody's");
  }
  // Pins of processes that are gone are nobody's to give back.
  await leases.sweep();
}
