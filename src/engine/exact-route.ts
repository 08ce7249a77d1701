import { QueryError, untilAborted } from '../common/index.ts';
import { tablesOf } from '../plan/index.ts';
import type { SelectPlan } from '../planner/index.ts';
import type { Control, ExactResult, SourceTable } from '../sources/index.ts';
import type { AnswerColumn } from './query-result.ts';
import { cancelled, type RunControl } from './run-control.ts';
import type { SelectRun } from './select-run.ts';
import type { EngineState } from './state.ts';

/** The catalog's tables as the source knows them. */
export function sourceTables(state: EngineState): SourceTable[] {
  return state.catalog
    .snapshot()
    .tables.filter(({ trouble }) => trouble === undefined)
    .map(({ name, files }) => ({ name, files: files.map(({ id, path }) => ({ id, path })) }));
}

/** A watch over source calls: the caller's signal and the statement's deadline end them, progress is passed on. */
export function sourceControl(
  control: RunControl,
  phase: 'scan' | 'exact',
): Control & { readonly deadline: AbortSignal | null } {
  const { signal, onProgress } = control.options;
  const remaining = control.remainingMs() - control.handOverMs;
  const deadline = Number.isFinite(remaining)
    ? AbortSignal.timeout(Math.max(0, Math.floor(remaining)))
    : null;
  const signals = [signal, deadline].filter((each) => each !== undefined && each !== null);
  return {
    deadline,
    pause: () => control.pause(),
    ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    ...(onProgress === undefined
      ? {}
      : {
          onProgress: (fraction: number | null, rows: number): void => onProgress({ phase, fraction, rows }),
        }),
  };
}

/**
 * Answers a query from the source.
 * @param beside is called when the source has been asked: what it asks comes behind
 * @throws QueryError DEADLINE_EXCEEDED where the statement's deadline comes first; MISSING_FILE where a table's file is gone; others
 * as the source reports them
 */
export async function answerExactly(
  state: EngineState,
  plan: SelectPlan,
  { control, costs }: Pick<SelectRun, 'control' | 'costs'>,
  beside?: () => void,
): Promise<AnswerColumn[]> {
  const watch = sourceControl(control, 'exact');
  const startMs = control.elapsedMs();
  try {
    const asked = askSource(state, plan, watch, beside);
    // Neither DuckDB's start nor its end is waited for.
    const { columns, values } = await (watch.signal === undefined
      ? asked
      : untilAborted(asked, watch.signal, cancelled));
    // What runs beside slows it.
    if (beside === undefined) costs.learnExact(control.elapsedMs() - startMs);
    return columns.map(({ name, type }, place) => ({
      name,
      type,
      role: plan.labels[place] === true ? 'group' : 'exact',
      values: values[place]!,
    })); // one array a column
  } catch (error) {
    const late =
      error instanceof QueryError &&
      error.code === 'CANCELLED' &&
      watch.deadline?.aborted === true &&
      control.options.signal?.aborted !== true;
    if (late)
      throw new QueryError(
        'DEADLINE_EXCEEDED',
        `the exact answer was not ready within ${control.withinMs} ms`,
        { cause: error },
      );
    throw error;
  }
}

async function askSource(
  state: EngineState,
  plan: SelectPlan,
  watch: Control,
  beside?: () => void,
): Promise<ExactResult> {
  await refuseMissingFiles(state, plan);
  const asked = state.source.query(plan.query, sourceTables(state), watch);
  beside?.();
  return await asked;
}

async function refuseMissingFiles(state: EngineState, { query }: SelectPlan): Promise<void> {
  const read = tablesOf(query);
  for (const { name, files } of state.catalog.snapshot().tables) {
    if (!read.has(name)) continue;
    for (const { path } of files) {
      if ((await state.environment.files.stat(path)) === null) {
        throw new QueryError('MISSING_FILE', `the file ${path} of table ${name} is gone`, {
          hint: `bring it back, or DROP TABLE ${name}`,
        });
      }
    }
  }
}
