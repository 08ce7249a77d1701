import { finish, type Pieces, systemClock } from '../../src/common/index.ts';
import {
  confirmTails,
  type GroupEstimate,
  GroupEstimator,
  type MetGroup,
  SuspectRows,
} from '../../src/estimator/index.ts';
import { openScan, type SampleScan, type ScanThreads } from '../../src/executor/index.ts';
import { parseStatement } from '../../src/parser/index.ts';
import {
  layoutMoments,
  type Moments,
  type OutputColumn,
  type SampleDesign,
  type Scalar,
} from '../../src/plan/index.ts';
import { analyseQuery } from '../../src/planner/aggregate-query.ts';
import { asEstimates } from '../../src/planner/as-estimates.ts';
import { BindContext } from '../../src/planner/bind/context.ts';
import { QueryBinder } from '../../src/planner/bind/bind-query.ts';
import type { AggregateQuery } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';

/** Binds a SELECT over a table `t` with these columns to an aggregate query over estimates. */
export function bindAggregate(sql: string, columns: readonly OutputColumn[]): AggregateQuery {
  const statement = parseStatement(sql);
  if (statement.kind !== 'select-statement') throw new Error('not a SELECT');
  const query = new QueryBinder(new BindContext([{ name: 't', columns }], [], systemClock)).bindQuery(
    statement.query,
    null,
  );
  const analysis = analyseQuery(query);
  if (analysis.kind === 'other') throw new Error(analysis.reason);
  if (analysis.samplingRefusal !== null) throw new Error(analysis.samplingRefusal);
  return asEstimates(analysis.query)!;
}

/** An answer from a whole sample. */
export interface SampleReply {
  readonly groups: readonly (MetGroup & {
    readonly keys: readonly Scalar[];
    readonly estimates: readonly GroupEstimate[];
  })[];
  readonly moments: Moments;
  readonly lost: SampleScan['lost'];
}

/**
 * Asks a sample, all of it or as many rows of each stratum as given.
 * @param alter changes the moments before they are estimated from: to plant a bug
 */
export async function askSample(
  sample: Sample,
  query: AggregateQuery,
  options: {
    readonly confidence?: number;
    readonly rows?: Int32Array;
    /** Rows of each stratum whose values are listed; all that are read unless given. */
    readonly listedRows?: Int32Array;
    /** What resampling repeats from. */
    readonly seed?: number;
    readonly alter?: (moments: Moments) => Moments;
    /** Default: drawn from the table. */
    readonly design?: SampleDesign;
    /** What reads beside this thread, and which faults are planted. */
    readonly threads?: ScanThreads;
    /** Ends the waiting for threads, and the reading. */
    readonly signal?: AbortSignal;
  } = {},
): Promise<SampleReply> {
  const unit = sample.keys === null ? 'row' : 'key';
  const { layout, aggregateTotals } = layoutMoments(query, options.design, unit);
  const request = { filter: query.filter, keys: query.keys, layout };
  const scan = await openScan(sample, request, options.threads ?? null);
  if ('refused' in scan) throw new Error(scan.refused);
  const patience = (): AbortSignal | null => options.signal ?? null;
  const proceed = (): boolean => options.signal?.aborted !== true;
  await scan.readTo(options.rows ?? sample.unitSizes, proceed, null, patience);
  const collected = finish(scan.collect());
  const moments = options.alter?.(collected.moments) ?? collected.moments;
  const ranks = options.listedRows ?? options.rows ?? sample.runs.sizes;
  const listed = layout.measures.some((measure) => measure.listed)
    ? {
        ...finish(scan.values(ranks)),
        rowsRead: moments.rowsRead.map((read, h) => Math.min(read, ranks[h]!)),
      } // one entry a stratum
    : null;
  const confidence = options.confidence ?? 0.95;
  const { key, suspect } = collected;
  const asked = { query, aggregateTotals, moments, listed, key, confidence, seed: options.seed ?? 1 };
  const estimator = new GroupEstimator(asked);
  const rows = suspect === null ? null : new SuspectRows(asked, suspect);
  const groups = estimator.meet().map((group) => ({
    group,
    estimates: estimator
      .estimate(group)
      .map((own, place) => rows?.widen(group, place, own, confidence) ?? own),
  }));
  const confirmed = finish(
    confirmTails(moments, groups, () => scan.values(options.rows ?? sample.unitSizes)),
  );
  return {
    moments,
    lost: scan.lost,
    groups: groups.map(({ group }, place) => ({
      query,
      aggregateTotals,
      moments,
      listed: group.listed,
      group: group.group,
      cells: group.cells,
      totals: group.totals,
      aggregates: group.aggregates,
      estimates: confirmed[place]!, // one a group
      keys: query.keys.map((_, index) => collected.key(group.group, index)),
    })),
  };
}

/** What is there already, for whoever takes it in pieces. */
// oxlint-disable-next-line require-yield -- there is nothing to do
export function* inOnePiece<T>(value: T): Pieces<T> {
  return value;
}
