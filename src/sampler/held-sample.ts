import { columnsInMemory, type HeldColumn, readStrataTable, type StrataTable } from '../samples/index.ts';
import type { DrawnSample } from './write-sample.ts';

/** What a merge asks of a sample, wherever it is. */
export interface HeldSample {
  readonly rows: number;
  readonly strata: StrataTable;
  /** @throws QueryError DAMAGED_SAMPLE */
  load(name: string, rows: number): Promise<HeldColumn>;
}

/** A sample that was drawn and is not written: what its files would hold. */
export async function heldSample({ rows, columns, strata, strataColumns }: DrawnSample): Promise<HeldSample> {
  const data = columnsInMemory(columns, rows);
  return {
    rows,
    strata: await readStrataTable(columnsInMemory(strataColumns, strata.count)),
    load: (name, upTo) => data.load(name, upTo),
  };
}
