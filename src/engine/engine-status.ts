import { RunControl } from './run-control.ts';
import type { EngineState } from './state.ts';

/** What an engine is fit for at a moment. */
export interface EngineStatus {
  /** Changes can be written down; false: the folder is read-only, full, or locked by others for too long. */
  readonly isCatalogWritable: boolean;
  readonly tables: number;
  readonly samples: number;
  /** Samples that are damaged, or cannot be read for now. */
  readonly samplesInTrouble: number;
}

/** Asks the catalog. Never throws: what cannot be asked is not fit. */
export async function engineStatus({ catalog, troubles }: EngineState): Promise<EngineStatus> {
  const isCatalogWritable = await catalog.checkWritable().then(
    () => true,
    () => false,
  );
  const { tables, samples } = troubles.snapshot();
  const samplesInTrouble = samples.filter(({ trouble }) => trouble !== undefined).length;
  return { isCatalogWritable, tables: tables.length, samples: samples.length, samplesInTrouble };
}

/** Opens samples one after the other; what is wrong with one is told of where that is found out. */
export async function openAllSamples(state: EngineState, isClosing: () => boolean): Promise<void> {
  const { clock } = state.environment;
  for (const entry of state.troubles.snapshot().samples) {
    if (isClosing()) return;
    if (entry.trouble !== undefined) continue;
    const control = new RunControl(clock, {}, null, clock.monotonicMs());
    await state.samples.during(() => state.samples.get(entry, control)).catch(() => undefined);
  }
}
