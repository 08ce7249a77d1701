import {
  type BoundExpression,
  type ColumnRange,
  expressionKey,
  type JointMoments,
  type KeyMoments,
  type KeyPopulation,
  type LearnedMoments,
  type Measure,
  type MomentLayout,
  type Moments,
  nothingLearned,
  type PopulationTerm,
  type PopulationValues,
  rangeAs,
  rangeWhere,
  type StratumMoments,
  toDouble,
} from '../plan/index.ts';
import type { Sample, StrataTable } from '../samples/index.ts';
import { type Affine, affineOf, columnSumOf } from './column-sum.ts';
import type { ScanRequest } from './compile-scan.ts';
import { columnFacts, greatest, least } from './sample-columns.ts';

/** A file that holds so many times the rows read of a stratum is a witness of its tail. */
const witnessRows = 20;

/** What is known of measures in the whole table. */
type KnownPopulation = Pick<Moments, 'population' | 'joint'>;

/**
 * What is known of each measure in the whole table: by the strata table exact moments of columns and their multiples, and of any
 * expression how far it can reach in rows that match; else what was learned of it. Rows that the sample takes whole have no part in how far it reaches:
 * nothing of them is estimated. Of a table that is itself a sample the strata table tells the rows in it, not the population: then
 * only what follows from the expression, and the moments of strata of which the file has far more rows than were read.
 * @param read for each stratum the rows read
 */
export function populationValuesOf(
  { filter, layout, learned = nothingLearned }: ScanRequest,
  sample: Sample,
  read: Int32Array,
): KnownPopulation {
  const { measures, design } = layout;
  const range: ColumnRange = design.knowsPopulation ? columnFacts(sample).sampledRange : () => null;
  const population = measures.map(({ argument, filter: own }, place): PopulationValues => {
    if (argument === null) return { low: 1, high: 1, moments: null, terms: [] };
    const matching = rangeWhere(own === null ? filter : [...filter, own], range);
    const reach = rangeAs(argument, { kind: 'double' }, matching);
    const found = finite(learned.measures[place] ?? null, sample);
    const ofColumn = columnMoments(affineOf(argument), sample);
    const moments =
      design.knowsPopulation || ofColumn === null ? ofColumn : witnessed(ofColumn, sample, read);
    return {
      low: Math.max(reach?.low ?? Number.NEGATIVE_INFINITY, found?.low ?? Number.NEGATIVE_INFINITY),
      high: Math.min(reach?.high ?? Number.POSITIVE_INFINITY, found?.high ?? Number.POSITIVE_INFINITY),
      moments: moments ?? found?.moments ?? null,
      terms: design.knowsPopulation ? termsOf(argument, sample, matching) : [],
    };
  });
  return { population, joint: learned.joint.filter((pair) => isOfSameRows(pair, measures, population)) };
}

/** What was learned over all strata; null where some value has no place in moments. */
function finite(moments: LearnedMoments | null, { runs }: Sample): Omit<PopulationValues, 'terms'> | null {
  if (moments === null || moments.nonFinite.some((count) => count > 0)) return null;
  const sampled = (values: Float64Array): Float64Array =>
    values.filter((_, stratum) => runs.takeAll[stratum] === 0);
  const [low, high] = [least(sampled(moments.low)), greatest(sampled(moments.high))];
  return low > high ? null : { low, high, moments }; // without any value nothing is learned
}

/** Joint moments tell of rows that both measures take: they serve where each takes just these. */
function isOfSameRows(
  { measures: [first, second], count }: JointMoments,
  measures: readonly Measure[],
  population: readonly PopulationValues[],
): boolean {
  const [a, b] = [first, second].map((measure) => {
    const { filter } = measures[measure]!; // places of measures
    return filter === null ? '' : expressionKey(filter);
  });
  return (
    a === b &&
    [first, second].every((measure) =>
      population[measure]?.moments?.count.every((rows, stratum) => rows === count[stratum]),
    )
  );
}

/** The moments of the strata of which the file is a witness; NaN of others. */
function witnessed(moments: StratumMoments, { strata }: Sample, read: Int32Array): StratumMoments {
  const isWitness = read.map((rows, stratum) => (strata.sampled[stratum]! >= witnessRows * rows ? 1 : 0)); // one entry a stratum
  const centred = moments.centred.map((values) =>
    values.map((value, stratum) => (isWitness[stratum] === 1 ? value : Number.NaN)),
  );
  return { ...moments, centred };
}

/** Multiples are kept with the sample, up to so many. */
const multiplesMax = 64;
const multiplesOf = new WeakMap<StrataTable, Map<string, StratumMoments>>();

function columnMoments(affine: Affine | null, sample: Sample): StratumMoments | null {
  const statistics = affine === null ? undefined : sample.strata.statistics.get(affine.column);
  if (affine === null || statistics === undefined) return null;
  const { column, scale, offset } = affine;
  if (scale === 1 && offset === 0) return statistics;
  const multiples = multiplesOf.get(sample.strata) ?? new Map<string, StratumMoments>();
  multiplesOf.set(sample.strata, multiples);
  const key = JSON.stringify([column, scale, offset]);
  const known = multiples.get(key);
  if (known !== undefined) return known;
  if (multiples.size >= multiplesMax) multiples.delete(multiples.keys().next().value!); // not empty
  const made = {
    count: statistics.count,
    mean: statistics.mean.map((mean) => scale * mean + offset),
    centred: statistics.centred.map((moments, place) =>
      moments.map((moment) => scale ** (place + 2) * moment),
    ), // orders from 2
  };
  multiples.set(key, made);
  return made;
}

/** What is known of the columns of a sum of several; none where it is no such sum, or one has no moments. */
function termsOf(argument: BoundExpression, sample: Sample, matching: ColumnRange): PopulationTerm[] {
  const sum = columnSumOf(argument);
  if (sum === null || sum.multiples.length < 2) return [];
  const terms = sum.multiples.map(({ column, scale }, place): PopulationTerm => {
    const offset = place === 0 ? sum.offset : 0;
    const reach = rangeAs(column, { kind: 'double' }, matching);
    const ends = [reach?.low ?? Number.NEGATIVE_INFINITY, reach?.high ?? Number.POSITIVE_INFINITY];
    const [a, b] = ends.map((end) => scale * end + offset) as [number, number]; // as many as ends
    const moments = columnMoments({ column: column.name, scale, offset }, sample);
    return { low: Math.min(a, b), high: Math.max(a, b), moments };
  });
  return terms.every(({ moments }) => moments !== null) ? terms : [];
}

/** For each stratum the largest weight of a row in the sample's file; null where rows have no weights of their own. */
export function weightMaxOf({ design: { weight } }: MomentLayout, sample: Sample): Float64Array | null {
  if (weight === null) return null;
  const statistics = sample.strata.statistics.get(weight.name);
  if (statistics === undefined) throw new Error(`no statistics of the weights ${weight.name}`);
  return statistics.high.map((high) => toDouble(high, weight.type));
}

/** What the strata table tells of the keys of the table; null where rows were drawn. */
export function keyPopulationOf({ measures }: MomentLayout, sample: Sample): KeyPopulation | null {
  if (sample.keys === null) return null;
  const { ofRows, rowsMax } = sample.keys.universe;
  const rows = sample.strata.population.reduce((sum, each) => sum + each, 0);
  const takesEveryRow = ({ argument, filter }: Measure): boolean => {
    if (filter !== null) return false;
    if (argument === null) return true;
    const count = sample.strata.statistics.get(linearOf(argument)?.column ?? '')?.count; // no column has no name
    return count !== undefined && count.reduce((sum, each) => sum + each, 0) === rows;
  };
  return {
    rows,
    rowsMax,
    moments: measures.map(({ argument }) =>
      argument === null ? { centre: 0, sums: ofRows.sums } : keyMomentsOf(argument, sample),
    ),
    everyRow: measures.map(takesEveryRow),
  };
}

/** The key sums of a column or a multiple of one: n stays, s is multiplied. Of values that are no numbers only n is known. */
function keyMomentsOf(argument: BoundExpression, sample: Sample): KeyMoments | null {
  const affine = linearOf(argument);
  const found = affine === null ? undefined : sample.keys?.universe.ofColumns.get(affine.column);
  if (affine === null || found === undefined) return null;
  const { column, scale, offset } = affine;
  return {
    centre: scale * columnFacts(sample).mean(column) + offset,
    sums: found.sums.map((sum, place) => scale ** (place % 4) * sum), // Σ nᵃ sᵇ at 4a + b
  };
}

/** A column of any type, or a multiple of one: what is NULL where that column is, and only there. */
function linearOf(argument: BoundExpression): Affine | null {
  return argument.kind === 'column' ? { column: argument.name, scale: 1, offset: 0 } : affineOf(argument);
}
