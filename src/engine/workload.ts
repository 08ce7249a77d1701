import type { TableEntry, WorkloadEntry } from '../catalog/index.ts';
import { keptWith } from '../common/index.ts';
import type { AggregateQuery } from '../plan/index.ts';
import { queryColumnSet, type SelectPlan } from '../planner/index.ts';
import type { AnswerSummary } from './contract.ts';

/** What is kept of an answered SELECT for choosing samples and judging predictions. @param shape of its text */
export function workloadOf(
  { asked, bounds }: Pick<SelectPlan, 'asked' | 'bounds'>,
  shape: string,
  { sample, met, predicted, achieved }: AnswerSummary,
  tables: readonly TableEntry[],
): WorkloadEntry {
  const table = tables.find(({ name }) => name === asked?.table);
  return {
    shape,
    columnSet:
      asked === null || table === undefined ? null : { tableId: table.id, columns: columnsOf(asked) },
    bounds,
    sample: sample?.name ?? null,
    met,
    predictedError: predicted?.maxRelativeError ?? null,
    achievedError: achieved.maxRelativeError,
    predictedMs: predicted?.elapsedMs ?? null,
  };
}

const columnsOf = keptWith((asked: AggregateQuery) => [...queryColumnSet(asked)].sort());
