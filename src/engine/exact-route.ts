import type { CatalogSnapshot, TableEntry } from '../catalog/index.ts';
import { QueryError, untilAborted } from '../common/index.ts';
import { tablesOf } from '../plan/index.ts';
import type { SelectPlan } from '../planner/index.ts';
import type { Control, ExactResult, SourceTable } from '../sources/index.ts';
import type { AnswerColumn } from './query-result.ts';
import { cancelled, type RunControl } from './run-control.ts';
import type { SelectRun } from './select-run.ts';
import type { EngineState } from './state.ts';

/** The catalog's tables as the source knows them. */
export function sourceTables({ catalog }: EngineState, { tables } = catalog.snapshot()): SourceTable[] {
  return tables
    .filter(({ trouble }) => trouble === undefined)
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
 * @throws QueryError DEADLINE_EXCEEDED where the statement's deadline comes first; MISSING_FILE where a table's file is gone;
 * UNKNOWN_TABLE where it was dropped meanwhile; others as the source reports them
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

/**
 * Files that Ballpark wrote for a table go as soon as the table is written anew or dropped, whoever may be reading them: whoever
 * finds that asks once more, by the catalog as it is then. A table's columns stay what they were as long as it is there.
 */
async function askSource(
  state: EngineState,
  plan: SelectPlan,
  watch: Control,
  beside?: () => void,
): Promise<ExactResult> {
  const snapshot = state.catalog.snapshot();
  const before = tablesRead(plan, snapshot);
  try {
    return await askOver(state, plan, snapshot, watch, beside);
  } catch (error) {
    const now = state.catalog.snapshot();
    const after = tablesRead(plan, now);
    if (!isFileGone(error) || filesIn(after) === filesIn(before)) throw error;
    for (const { id, name } of before) {
      if (after.every((table) => table.id !== id))
        throw new QueryError('UNKNOWN_TABLE', `the table ${name} was dropped meanwhile`, { cause: error });
    }
    return await askOver(state, plan, now, watch, beside);
  }
}

/** Whether an error may come of a file that is no longer there. */
const isFileGone = (error: unknown): boolean =>
  error instanceof QueryError && (error.code === 'MISSING_FILE' || error.code === 'INVALID_FILE');

function tablesRead({ query }: SelectPlan, { tables }: CatalogSnapshot): TableEntry[] {
  const read = tablesOf(query);
  return tables.filter(({ name }) => read.has(name));
}

const filesIn = (tables: readonly TableEntry[]): string =>
  JSON.stringify(tables.map(({ id, files }) => [id, files.map(({ path }) => path)]));

async function askOver(
  state: EngineState,
  plan: SelectPlan,
  snapshot: CatalogSnapshot,
  watch: Control,
  beside?: () => void,
): Promise<ExactResult> {
  for (const { name, files } of tablesRead(plan, snapshot)) {
    for (const { path } of files) {
      if ((await state.environment.files.stat(path)) === null) {
        throw new QueryError('MISSING_FILE', `the file ${path} of table ${name} is gone`, {
          hint: `bring it back, or DROP TABLE ${name}`,
        });
      }
    }
  }
  const asked = state.source.query(plan.query, sourceTables(state, snapshot), watch);
  beside?.();
  return await asked;
}
