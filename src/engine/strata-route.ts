import { answerFromStrata } from '../executor/index.ts';
import {
  type AggregateQuery,
  evaluate,
  exactAccessorValue,
  isInterval,
  type Scalar,
  toDouble,
  Unevaluable,
} from '../plan/index.ts';
import type { AggregatePlan } from '../planner/index.ts';
import { chooseRows, type GroupSlots, slotLookup } from './answer-rows.ts';
import type { AnswerColumn } from './query-result.ts';
import type { RunControl } from './run-control.ts';
import type { EngineState } from './state.ts';
import type { SampleEntry } from '../catalog/index.ts';

/**
 * Answers a query from exact totals in a strata table.
 * @returns null where no strata table holds what it needs
 * @throws QueryError DAMAGED_SAMPLE; DEADLINE_EXCEEDED as {@link SampleCache.get}
 */
export async function answerFromTotals(
  state: EngineState,
  plan: AggregatePlan,
  control: RunControl,
): Promise<{ columns: AnswerColumn[]; entry: SampleEntry } | null> {
  const { query, precomputed } = plan;
  for (const entry of precomputed) {
    const sample = await state.samples.get(entry, control);
    const found = answerFromStrata(sample.strata, query);
    if (found === null) continue;
    try {
      const groups = chooseRows(query, found.groups.map((group) => withAccessors(query, group))).shown; // prettier-ignore
      const columns = query.outputs.map(({ name, expression, isKey }): AnswerColumn => ({
        name,
        type: expression.type,
        role: isKey ? 'group' : 'exact',
        values: groups.map((group): Scalar => evaluate(expression, slotLookup(group))),
      }));
      return { columns, entry };
    } catch (error) {
      if (!(error instanceof Unevaluable)) throw error;
    }
  }
  return null;
}

/** The group with what accessors say of its exact values. */
function withAccessors(
  { accessors, intervals }: AggregateQuery,
  group: Pick<GroupSlots, 'keys' | 'aggregates'>,
): GroupSlots {
  const slots: GroupSlots = {
    ...group,
    accessor(index) {
      const { name, interval } = accessors[index]!; // slots name accessors
      const expression = intervals[interval]!; // accessors name intervals
      const value = evaluate(expression, slotLookup(slots));
      const isNumber = value !== null && typeof value !== 'string' && !isInterval(value);
      return exactAccessorValue(name, isNumber ? toDouble(value, expression.type) : null);
    },
  };
  return slots;
}
