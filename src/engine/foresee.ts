import type { Statement } from '../parser/index.ts';
import type { SelectPlan } from '../planner/index.ts';
import type { StatementCosts } from './statement-costs.ts';

/** What is known of a statement before it runs. */
export interface Foreseen {
  /**
   * `change`: it changes tables or samples, or draws them. `watch`: it tells what others ask. Both are for administrators; all others read
   * what everybody may.
   */
  readonly kind: 'select' | 'change' | 'watch' | 'other';
  /** Statements of one shape differ in their constants only: they cost about the same. */
  readonly shape: string;
  /** The deadline that it asks for; null: none. */
  readonly withinMs: number | null;
  /** It may read less of a sample under load: it asks for no error bound, and there is a sample to answer from. */
  readonly mayDegrade: boolean;
  /** The sample that it would be answered from first; null: from none. */
  readonly sample: string | null;
  /** What the source's answer should take, milliseconds, where no sample can give one; null: a sample can, or nothing is known. */
  readonly exactMs: number | null;
}

/** What is known of a SELECT, planned. */
export function foreseeSelect(
  { aggregate, bounds }: SelectPlan,
  shape: string,
  costs: StatementCosts,
): Foreseen {
  const samples = aggregate?.sampling?.candidates.samples ?? [];
  const isPrecomputed = (aggregate?.precomputed.length ?? 0) > 0;
  return {
    kind: 'select',
    shape,
    withinMs: bounds.withinMs,
    mayDegrade: bounds.error === null && samples.length > 0,
    sample: samples[0]?.name ?? null,
    exactMs: samples.length > 0 || isPrecomputed ? null : costs.exactMs(),
  };
}

/** What is known of a statement that is no SELECT, nor one within EXPLAIN. */
export function foreseeOther(statement: Statement): Foreseen {
  const { kind } = statement;
  const changes = [
    'create-table',
    'create-sample',
    'create-samples',
    'create-sample-list',
    'refresh-samples',
    'drop',
  ];
  const isWatching = kind === 'show' && ['queries', 'jobs'].includes(statement.what);
  return {
    kind: changes.includes(kind) ? 'change' : isWatching ? 'watch' : 'other',
    shape: kind,
    withinMs: null,
    mayDegrade: false,
    sample: null,
    exactMs: null,
  };
}
