import { hostname } from 'node:os';
import { type Catalog, DroppedSamples, FileOwners } from '../catalog/index.ts';
import type { Database } from '../database/index.ts';
import { LeaseKeeper, LeaseStore } from '../leases/index.ts';
import type { Environment } from './environment.ts';
import { guardReads } from './guard-reads.ts';
import { SampleCache, type SampleCacheOptions } from './sample-cache.ts';
import { collectFiles, pinSample, type Remains } from './sample-pins.ts';
import type { SampleTroubles } from './sample-troubles.ts';
import type { EngineState } from './state.ts';

/** How long a device may take for a single call when a sample is read: half a megabyte at most. */
const readLimitMs = 2000;

const unheard = { onForget: () => undefined, onFreed: () => undefined };

/**
 * Samples, and what keeps processes on the same folder from getting into each other's way: leases, pins, the collection of files that
 * are nobody's.
 * @param bytesMax memory for columns of samples
 * @param hearing see {@link SampleCacheOptions}
 */
export function shareSamples(
  { files, clock, timers, newId }: Pick<Environment, 'files' | 'clock' | 'timers' | 'newId'>,
  database: Database,
  catalog: Catalog,
  troubles: SampleTroubles,
  folders: Pick<EngineState['folders'], 'samples' | 'tables'>,
  bytesMax: number,
  { onForget, onFreed }: Pick<SampleCacheOptions, 'onForget' | 'onFreed'> = unheard,
): Pick<EngineState, 'leases' | 'remains' | 'samples'> {
  const store = new LeaseStore(database, clock, `process ${process.pid} on ${hostname()}`);
  const remains: Remains = {
    dropped: new DroppedSamples(database),
    owners: new FileOwners(database),
    leases: store,
    files,
    clock,
    folders,
  };
  const leases = new LeaseKeeper(store, {
    clock,
    timers,
    onBeat: async () => {
      await samples.forgetDropped(catalog.snapshot());
      await collectFiles(remains);
    },
  });
  const samples = new SampleCache({
    files: guardReads(files, timers, readLimitMs),
    timers,
    folder: folders.samples,
    bytesMax,
    onForget,
    onFreed,
    pin: (entry) => pinSample(leases, catalog, entry, newId()),
    onLetGo: () => collectFiles(remains),
    onFault: (entry, fault) => troubles.report(entry, fault),
  });
  return { leases, remains, samples };
}
