import { keptWith, mapInPieces, type Pieces } from '../common/index.ts';
import { answerFromStrata, type ExactGroups } from '../executor/index.ts';
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

/** Groups that are looked at without a pause. */
const groupsAtOnce = 512;

/** Samples whose strata table was found not to answer a query: to find out takes as long as to plan a reading. */
const uselessFor = keptWith<AggregateQuery, WeakSet<SampleEntry>>(() => new WeakSet());

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
  const useless = uselessFor(query);
  for (const entry of precomputed) {
    if (useless.has(entry)) continue;
    const sample = await state.samples.get(entry, control);
    const found = await control.inPieces(answerFromStrata(sample.strata, query));
    try {
      if (found !== null) return { columns: await control.inPieces(columnsOf(query, found.groups)), entry };
    } catch (error) {
      if (!(error instanceof Unevaluable)) throw error;
    }
    useless.add(entry);
  }
  return null;
}

/** @throws Unevaluable where an expression is left to the source */
function* columnsOf(query: AggregateQuery, found: ExactGroups['groups']): Pieces<AnswerColumn[]> {
  const all = yield* mapInPieces(found, (group) => withAccessors(query, group), groupsAtOnce);
  const groups = (yield* chooseRows(query, all)).shown;
  const columns: AnswerColumn[] = [];
  for (const { name, expression, isKey } of query.outputs) {
    const valueOf = (group: GroupSlots): Scalar => evaluate(expression, slotLookup(group));
    const values = yield* mapInPieces(groups, valueOf, groupsAtOnce);
    columns.push({ name, type: expression.type, role: isKey ? 'group' : 'exact', values });
  }
  return columns;
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
