import { type SampleEntry, strataColumnsOf, type TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import { normalQuantile } from '../estimator/index.ts';
import type { CreateSamplesStatement } from '../parser/index.ts';
import { typeFromDuckDB } from '../plan/index.ts';
import {
  type AskedSet,
  candidateSets,
  capFor,
  capLadder,
  columnsKey,
  type PresentSample,
  ProgramSolver,
  type Proposal,
  type ProposalRequest,
  proposeSamples,
} from '../sampler/index.ts';
import type { ColumnSetCounts, ColumnSetScan, Control } from '../sources/index.ts';
import { type AskedWorkload, readWorkload } from './asked-workload.ts';
import { checkedPercent, refuseUnfit, wholeRows } from './check-sample.ts';
import { sourceControl } from './exact-route.ts';
import type { RunControl } from './run-control.ts';
import type { EngineState } from './state.ts';

/** Most column sets that are asked about, and most that are looked at as candidates. */
const setsMax = 200;
/** Of larger tables a share of the rows is counted, so that each set takes about a second; what is chosen is counted whole. */
const countedRowsMax = 20_000_000;
/** The error that a cap is made for where queries ask for none. */
const defaultError = { bound: 0.1, confidence: 0.95 };
/** Of the room of the advisor's samples so much may be given up at once. */
const churnShare = 0.5;
const solverLimitMs = 2000;

/** What was found for CREATE SAMPLES, and what it was found from. */
export interface FoundProposal {
  readonly proposal: Proposal;
  readonly workload: AskedWorkload;
  readonly request: ProposalRequest;
  /** The error that the cap is made for. */
  readonly target: { readonly bound: number; readonly confidence: number };
}

/**
 * Finds which samples of a table to keep within a budget.
 * @throws QueryError INVALID_ARGUMENT where nothing is known of queries, or the budget is no share and no number of rows; UNKNOWN_COLUMN,
 * NOT_SUPPORTED for columns of FOR; those of {@link refuseUnfit}; CANCELLED; others of the source
 */
export async function findProposal(
  state: EngineState,
  statement: CreateSamplesStatement,
  table: TableEntry,
  control: RunControl,
): Promise<FoundProposal> {
  await refuseUnfit(state, statement.table, table);
  const budget = budgetOf(statement, table);
  const workload = await readWorkload(state, statement, table, control);
  if (workload.sets.length === 0) {
    throw new QueryError('INVALID_ARGUMENT', `nothing is known of what is asked of ${table.name}`, {
      span: statement.span,
      hint: 'ask some queries first, or name the columns that they filter and group by: FOR (a), (a, b)',
    });
  }
  const sets = heaviest(workload.sets);
  const candidates = candidateSets(sets, setsMax);
  const share = Math.min(1, countedRowsMax / Math.max(1, table.rows));
  const watch = sourceControl(control, 'scan');
  const scan = await state.source.openColumnSets({ name: table.name, files: table.files });
  const solver = new ProgramSolver(watch.signal);
  try {
    const target = workload.error ?? defaultError;
    const spread = await scan.spread(workload.measures, share, watch);
    const z = normalQuantile(1 - (1 - target.confidence) / 2);
    const caps = capLadder(capFor({ error: target.bound, z, spread }));
    const counts = await countAll(scan, [...candidates, ...sets.map(({ columns }) => columns)], caps, share, watch); // prettier-ignore
    const base = {
      workload: sets, candidates, caps, budget, churnShare,
      tableRows: table.rows, stratumRoom: stratumRoomOf(table), present: presentSamples(state, table),
    }; // prettier-ignore
    for (const exact = new Set<string>(); ;) {
      const request = { ...base, counts };
      const proposal = await proposeSamples(request, solver, solverLimitMs);
      const estimated = proposal.samples.filter(({ action, columns }) => action === 'create' && columns.length > 0 && share < 1 && !exact.has(columnsKey(columns))); // prettier-ignore
      if (estimated.length === 0) return { proposal, workload, request, target };
      // A budget is kept by what samples really take.
      for (const { columns } of estimated) {
        counts.set(columnsKey(columns), await scan.count(columns, caps, 1, watch));
        exact.add(columnsKey(columns));
      }
    }
  } catch (error) {
    control.throwIfCancelled();
    throw error;
  } finally {
    await solver.close();
    scan.close();
  }
}

/** The budget in rows. @throws QueryError INVALID_ARGUMENT */
function budgetOf({ budget }: CreateSamplesStatement, table: TableEntry): number {
  if (budget.unit === 'rows') return wholeRows(budget.amount, 'BUDGET');
  return Math.floor((checkedPercent(budget.amount, 'BUDGET') / 100) * table.rows);
}

/** The sets that weigh most, as shares of what they weigh together. */
function heaviest(sets: readonly AskedSet[]): AskedSet[] {
  const kept = sets.slice(0, setsMax);
  const weight = kept.reduce((sum, set) => sum + set.weight, 0);
  return kept.map((set) => ({ ...set, weight: set.weight / weight }));
}

async function countAll(
  scan: ColumnSetScan,
  sets: readonly (readonly string[])[],
  caps: readonly number[],
  share: number,
  watch: Control,
): Promise<Map<string, ColumnSetCounts>> {
  const different = new Map(sets.filter((columns) => columns.length > 0).map((columns) => [columnsKey(columns), columns])); // prettier-ignore
  const counts = new Map<string, ColumnSetCounts>();
  const quiet = watch.signal === undefined ? {} : { signal: watch.signal };
  for (const [key, columns] of different) {
    counts.set(key, await scan.count(columns, caps, share, quiet));
    watch.onProgress?.(counts.size / different.size, counts.size);
  }
  return counts;
}

/**
 * The room of a stratum's totals, in rows of a sample: of every column eleven numbers of 8 bytes. A row has 12 bytes of its own, and of
 * each column 8, 4 or 1: whole numbers and texts can take narrow arrays.
 */
function stratumRoomOf({ columns }: TableEntry): number {
  const widths = columns.map(({ type }) => {
    const { kind } = typeFromDuckDB(type);
    if (kind === 'double' || kind === 'timestamp') return 8;
    return kind === 'float' || kind === 'decimal' || kind === 'date' ? 4 : 1;
  });
  return (12 + 88 * columns.length) / (12 + widths.reduce((sum, width) => sum + width, 0));
}

/** The table's uniform and stratified samples; what is damaged serves nobody. */
function presentSamples({ catalog }: EngineState, table: TableEntry): PresentSample[] {
  return catalog
    .snapshot()
    .samples.filter(
      ({ tableId, trouble, method: { kind } }) =>
        tableId === table.id && trouble?.kind !== 'damaged' && (kind === 'uniform' || kind === 'stratified'),
    ) // prettier-ignore
    .map(presentSample);
}

function presentSample({ name, method, strata, rows, advice }: SampleEntry): PresentSample {
  return {
    name,
    columns: strataColumnsOf(method),
    cap: method.kind === 'stratified' ? method.cap : rows,
    strata,
    rows,
    isAdvised: advice !== undefined,
  };
}
