import { type Pieces, seededRandom } from '../common/index.ts';
import { plainAlgebra, type ReasonCode, type Scalar } from '../plan/index.ts';
import { type Contributions, contributionsFrom } from './contribution-table.ts';
import { constantDual, type Dual } from './dual.ts';
import { aggregateValue, type GroupTotals, type ValuedTotals } from './group-totals.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { ListedGroups } from './listed-groups.ts';
import { type EstimateError, unbounded } from './make-estimate.ts';
import { normalQuantile } from './quantiles.ts';
import { type OwnStratum, Replicate } from './replicate.ts';
import { hasOpenRows, type Scope } from './scope.ts';
import { smoothValue } from './smooth.ts';

/** Replicates behind a standard error: with so many it is itself known to about 5 %. */
const replicatesOfError = 200;
/** Fewest of them that must have a value. */
const replicatesMin = 0.95 * replicatesOfError;

/** The error of an estimate by resampling. */
export interface ResampledError extends EstimateError {
  /** As if the strata had equal spreads, for forecasts. */
  readonly contributions: Contributions;
}

/** What an error is resampled for. */
export interface Resampling {
  readonly listed: ListedGroups;
  readonly scope: Scope;
  readonly key: (index: number) => Scalar;
  readonly confidence: number;
  /** The draws repeat from it. */
  readonly seed: number;
  /** All outputs that are resampled: a group's replicates are drawn once for them. */
  readonly outputs: readonly PreparedOutput[];
}

/**
 * The error of an output that is no smooth function of totals: its standard error is the spread of its values over replicates of
 * the listed rows, see {@link Replicate}; the interval is normal.
 */
export function* resampledError(
  group: GroupTotals,
  prepared: PreparedOutput,
  value: number,
  resampling: Resampling,
): Pieces<ResampledError> {
  const { listed, scope, confidence } = resampling;
  const { strata, values } = yield* replicatesOf(group, resampling);
  const own = values.get(prepared) ?? [];
  const stdError = own.length < replicatesMin ? null : deviationOf(own);
  const contributions = spreadEqually(strata, listed, stdError ?? Number.POSITIVE_INFINITY);
  const reasons: ReasonCode[] = ['NOT_SMOOTH'];
  if (scope.singletons.length > 0) reasons.push('SINGLETON_STRATUM');
  // Replicates that all agree do not prove that there is no error.
  if (stdError === 0) reasons.push('ZERO_VARIANCE');
  if (stdError === null || stdError === 0) return { ...unbounded, reasons, contributions };
  const halfWidth = normalQuantile((1 + confidence) / 2) * stdError;
  return { low: value - halfWidth, high: value + halfWidth, stdError, exact: false, reasons, contributions };
}

/** What the replicates of a group came to. */
interface Replicates {
  readonly strata: readonly OwnStratum[];
  /** The values that each output has in them. */
  readonly values: ReadonlyMap<PreparedOutput, readonly number[]>;
}

/** By listing and group. */
const knownReplicates = new WeakMap<ListedGroups, Map<number, Replicates>>();

function* replicatesOf(group: GroupTotals, resampling: Resampling): Pieces<Replicates> {
  const known = knownReplicates.get(resampling.listed) ?? new Map<number, Replicates>();
  knownReplicates.set(resampling.listed, known);
  const found = known.get(group.group) ?? (yield* drawReplicates(group, resampling));
  known.set(group.group, found);
  return found;
}

function* drawReplicates(group: GroupTotals, { listed, key, seed, outputs }: Resampling): Pieces<Replicates> {
  const random = seededRandom(seed ^ Math.imul(group.group + 1, 0x9e3779b9));
  const replicate = new Replicate(listed, group.group, random);
  const totals = [...new Set(outputs.flatMap((output) => output.totals))].map((total) => ({
    total,
    contributions: replicate.contributionsTo(total),
  }));
  const values = new Map(outputs.map((output): [PreparedOutput, number[]] => [output, []]));
  const { query, aggregateTotals, moments, cells, group: own } = group;
  for (let drawn = 0; drawn < replicatesOfError; drawn++) {
    replicate.draw();
    const estimated = group.totals.map(() => 0);
    for (const { total, contributions } of totals) estimated[total] = replicate.weigh(contributions);
    for (const [output, found] of values) {
      const drawnGroup = {
        query,
        aggregateTotals,
        moments,
        cells,
        group: own,
        totals: estimated,
        listed: replicate,
      };
      const value = valueOf(drawnGroup, output, key);
      if (value !== null) found.push(value);
    }
    yield;
  }
  return { strata: replicate.strata, values };
}

/** The output without its rounding, from the totals and values of a replicate. */
function valueOf(
  group: ValuedTotals,
  { inner, aggregates }: PreparedOutput,
  key: (index: number) => Scalar,
): number | null {
  const duals: (Dual | null)[] = [];
  for (const index of aggregates) {
    const value = aggregateValue(group, index, plainAlgebra, (total) => total, false);
    duals[index] = value === null ? null : constantDual(value, 0);
  }
  return smoothValue(inner, { totals: 0, aggregates: duals, key })?.value ?? null;
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Contributions of one spread in all strata (of rows with weights: by the number of rows), so that they make this standard error. */
function spreadEqually(
  strata: readonly OwnStratum[],
  { design }: ListedGroups,
  stdError: number,
): Contributions {
  const { populationRows, rowsRead, layout } = design;
  const parts = strata.map(({ stratum, count }) => {
    const [population, read] = [populationRows[stratum]!, rowsRead[stratum]!]; // one entry a stratum
    const share = layout.design.kind === 'strata' ? (population * (population - read)) / read : count;
    const isOpen = hasOpenRows(design, stratum);
    return { stratum, population, read, support: count, isOpen, share: isOpen ? share : 0 };
  });
  const whole = parts.reduce((sum, { share }) => sum + share, 0);
  const spread = whole > 0 ? stdError ** 2 / whole : 0;
  return contributionsFrom(
    parts.map(({ share, ...rest }) => ({
      ...rest,
      isSingleton: false,
      sum: 0,
      squares: 0,
      cubes: Number.NaN,
      spread,
      variance: share === 0 ? 0 : spread * share,
      openSquares: 0,
      third: Number.NaN,
      weights2: 0,
      weights3: 0,
    })),
  );
}
