import type { TableEntry } from '../catalog/index.ts';
import { withPauses } from '../common/index.ts';
import { rowsOfStratum, wholeTotals } from '../sampler/index.ts';
import { type Control, pauseOf, type ScannedStrata } from '../sources/index.ts';
import type { EngineState } from './state.ts';
import { typedColumns } from './table-columns.ts';

/**
 * The totals of a whole table where a sample of it has them: its build has scanned the table for them, and every refresh keeps them
 * right. Whoever publishes what is made of them makes sure that the table is still the one that was asked about.
 * @returns null where none has, or it cannot be read
 * @throws QueryError CANCELLED
 */
export async function knownTotals(
  { troubles, samples: cache }: Pick<EngineState, 'troubles' | 'samples'>,
  table: TableEntry,
  watch: Control,
): Promise<ScannedStrata | null> {
  const samples = troubles
    .snapshot()
    .samples.filter(({ tableId, trouble }) => tableId === table.id && trouble === undefined)
    .filter(
      ({ method, strata }) => method.kind !== 'given' && strata > 0 && rowsOfStratum * strata <= table.rows,
    );
  const [fewest] = samples.toSorted((a, b) => a.strata - b.strata);
  if (fewest === undefined) return null;
  return await cache.during(async (failed) => {
    if (failed.size > 0) return null;
    const { strata } = await cache.get(fewest);
    return await withPauses(wholeTotals(strata, typedColumns(table)), pauseOf(watch));
  });
}
