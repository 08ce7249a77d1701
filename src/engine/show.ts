import type { ShowStatement } from '../parser/index.ts';
import type { Scalar } from '../plan/index.ts';
import { builtSample } from './build-claim.ts';
import { CatalogInfo } from './catalog-info.ts';
import { describeBounds } from './describe.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RoutedAnswer } from './select-run.ts';
import { pinnedSample } from './sample-pins.ts';
import type { EngineState } from './state.ts';

const { text, count, number, time, flag } = commandTypes;
const micros = (ms: number): number => Math.round(ms * 1000);
const microsOrNull = (ms: number | null): number | null => (ms === null ? null : micros(ms));
const microsOf = (iso: string): number => micros(Date.parse(iso));

/** SHOW TABLES, SAMPLES, QUERIES, JOBS, LEASES. */
export async function show(state: EngineState, { what }: ShowStatement): Promise<RoutedAnswer> {
  switch (what) {
    case 'tables':
      return showTables(state);
    case 'samples':
      return await showSamples(state);
    case 'queries':
      return await showQueries(state);
    case 'leases':
      return showLeases(state);
    case 'jobs':
      return showJobs(state);
  }
}

function showTables(state: EngineState): RoutedAnswer {
  const rows = new CatalogInfo(state).tables().map(({ name, rows: rowCount, columnCount, sampleCount, format, fileCount, source, created, sampledBy }): Scalar[] => [
    name, rowCount, columnCount, sampleCount, format, fileCount, source, microsOf(created), sampledBy,
  ]); // prettier-ignore
  return rowsAnswer([['table', text], ['rows', count], ['columns', count], ['samples', count], ['format', text], ['files', count], ['source', text], ['created', time], ['sampled', text]], rows, 'the tables of the catalog'); // prettier-ignore
}

async function showSamples(state: EngineState): Promise<RoutedAnswer> {
  const rows = (await new CatalogInfo(state).samples()).map(({ name, table, method, rows: rowCount, populationRows, share, strata, bytes, seed, version, created, uses, staleRows, drift, why, state: condition, trouble }): Scalar[] => [
    name, table, method, rowCount, populationRows, share, strata, bytes, seed, version, created === null ? null : microsOf(created), uses, staleRows, drift, why, condition, trouble,
  ]); // prettier-ignore
  return rowsAnswer([['sample', text], ['table', text], ['method', text], ['rows', count], ['population_rows', count], ['share', number], ['strata', count], ['bytes', count], ['seed', count], ['version', count], ['created', time], ['uses', count], ['stale_rows', count], ['drift', number], ['why', text], ['state', text], ['trouble', text]], rows, 'the samples of the catalog'); // prettier-ignore
}

function showLeases(state: EngineState): RoutedAnswer {
  const { samples } = state.catalog.snapshot();
  const rows = state.leases.store
    .list()
    .map(({ name, holder, token, grantedMs, expiresMs, isOver }): Scalar[] => {
      const pinned = pinnedSample(name);
      const sample =
        pinned === null ? builtSample(name) : (samples.find(({ id }) => id === pinned)?.name ?? null);
      return [name, sample, holder, token, micros(grantedMs), micros(expiresMs), isOver ? 'over' : 'held'];
    });
  return rowsAnswer([['lease', text], ['sample', text], ['holder', text], ['token', count], ['granted', time], ['expires', time], ['state', text]], rows, 'who has which right, and until when if it is not renewed'); // prettier-ignore
}

async function showQueries(state: EngineState): Promise<RoutedAnswer> {
  const rows = (await state.log.latest()).map(({ queryId, sql, startedMs, elapsedMs, outcome, rowsRead, workload }): Scalar[] => [
      queryId, micros(startedMs), elapsedMs, workload?.predictedMs ?? null, outcome, workload?.sample ?? null, rowsRead,
      workload?.achievedError ?? null, workload?.predictedError ?? null, workload?.met ?? null,
      workload === null ? null : describeBounds(workload.bounds), workload?.columnSet?.columns.join(', ') ?? null,
      workload?.shape ?? null, sql,
    ]); // prettier-ignore
  return rowsAnswer([['query_id', text], ['started', time], ['elapsed_ms', number], ['predicted_ms', number], ['outcome', text], ['sample', text], ['rows_read', count], ['error', number], ['predicted_error', number], ['met', flag], ['bounds', text], ['columns', text], ['shape', text], ['sql', text]], rows, 'the latest statements, newest first'); // prettier-ignore
}

function showJobs({ jobs }: EngineState): RoutedAnswer {
  const rows = jobs.list(null).map((job): Scalar[] => [
    job.id, job.owner, job.state, job.reason, job.attempts, micros(job.submittedMs), microsOrNull(job.startedMs), microsOrNull(job.endedMs),
    job.endedMs === null ? micros(job.expiresMs) : null, microsOrNull(job.forgetMs), job.answer?.bytes ?? null, job.sql,
  ]); // prettier-ignore
  return rowsAnswer([['job', text], ['owner', text], ['state', text], ['reason', text], ['attempts', count], ['submitted', time], ['started', time], ['ended', time], ['expires', time], ['kept_until', time], ['bytes', count], ['sql', text]], rows, 'the jobs that there are, newest first'); // prettier-ignore
}
