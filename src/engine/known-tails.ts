import {
  fingerprintOf,
  type Lesson,
  type LessonKey,
  type LessonStore,
  type SampleEntry,
  strataColumnsOf,
  type TableEntry,
} from '../catalog/index.ts';
import {
  type BoundExpression,
  type JointMoments,
  type LearnedMoments,
  type LearnedValues,
  type PairMoments,
  pairPowers,
} from '../plan/index.ts';
import { rulesOf } from '../sampler/index.ts';
import type { Sample, StrataTable } from '../samples/index.ts';
import { type LearnedStrata, type OutlierRule, printOver } from '../sources/index.ts';
import { HeldLessons } from './held-lessons.ts';
import type { TailSubject } from './tail-subjects.ts';

/** A table, and the sample of it whose strata are learned by. */
export interface LearningPlace {
  readonly table: TableEntry;
  readonly entry: SampleEntry;
}

/** The text of an expression over the table, the same for what means the same. */
export const textOf = (expression: BoundExpression): string => printOver(expression, 't');

export function keyOf({ table, entry }: LearningPlace, expressions: readonly BoundExpression[]): LessonKey {
  return {
    tableId: table.id,
    strata: JSON.stringify([strataColumnsOf(entry.method), outliersOf(entry)]),
    subject: JSON.stringify(expressions.map(textOf)),
    fingerprint: fingerprintOf(table),
  };
}

/** The rules by which the sample's outliers form strata of their own. */
export function outliersOf({ method: { outliers } }: SampleEntry): OutlierRule[] {
  return outliers === undefined ? [] : rulesOf(outliers);
}

/** Only where rows were drawn from a table: of keys other moments are needed, and a given sample has no table. */
export const canLearn = ({ entry: { method } }: LearningPlace): boolean =>
  method.kind === 'uniform' || method.kind === 'stratified';

/*
 * The columns of a lesson: N_h, then of a single expression count, nonFinite, low, high, mean and the centred moments, of a pair
 * count, both means and the joint moments.
 */

export const columnsOf = (expressions: number, order: number): number =>
  expressions === 1 ? 5 + order : 4 + pairPowers(order).length;

export const writeSingle = (
  { population }: LearnedStrata,
  { count, nonFinite, low, high, mean, centred }: LearnedMoments,
): Float64Array[] => [population, count, nonFinite, low, high, mean, ...centred];

function readSingle([
  ,
  count,
  nonFinite,
  low,
  high,
  mean,
  ...centred
]: readonly Float64Array[]): LearnedMoments {
  return { count: count!, nonFinite: nonFinite!, low: low!, high: high!, mean: mean!, centred }; // as written
}

export const writePair = (
  { population }: LearnedStrata,
  { count, means, centred }: PairMoments,
): Float64Array[] => [population, count, ...means, ...centred];

function readPair([, count, mean0, mean1, ...centred]: readonly Float64Array[]): PairMoments {
  const order = centred.length === pairPowers(3).length ? 3 : 6;
  return { order, count: count!, means: [mean0!, mean1!], centred }; // as written
}

/** Whether a lesson is about just these strata, by their sizes. */
function isOf({ count, population }: StrataTable, sizes: Float64Array): boolean {
  return sizes.length === count && sizes.every((rows, stratum) => rows === population[stratum]);
}

/** What was found for subjects, and in which state of all that it depends on. */
interface Found extends LearningPlace {
  readonly strata: StrataTable;
  readonly kept: number;
  readonly values: LearnedValues;
}

/** What was learned of expressions' values in whole tables, as the catalog has it. */
export class KnownTails {
  /** How often lessons were kept by this process. */
  protected kept = 0;
  private readonly held = new HeldLessons();
  private readonly found = new WeakMap<readonly TailSubject[], Found>();

  constructor(protected readonly store: LessonStore) {}

  /** How often this process has learned something. */
  get lessons(): number {
    return this.kept;
  }

  /**
   * What was learned of subjects over the strata of a sample.
   * @param place as the catalog has it now: when another process has learned, its entries are other objects
   * @param measures of the layout that the subjects name places in
   */
  valuesOf(
    { table, entry }: LearningPlace,
    { strata }: Sample,
    subjects: readonly TailSubject[],
    measures: number,
  ): LearnedValues {
    const { kept } = this;
    const last = this.found.get(subjects);
    if (last?.table === table && last.entry === entry && last.strata === strata && last.kept === kept)
      return last.values;
    const values = this.lookUp({ table, entry }, strata, subjects, measures);
    this.found.set(subjects, { table, entry, strata, kept, values });
    return values;
  }

  private lookUp(
    place: LearningPlace,
    strata: StrataTable,
    subjects: readonly TailSubject[],
    measures: number,
  ): LearnedValues {
    const singles = Array.from({ length: measures }, (): LearnedMoments | null => null);
    const joint: JointMoments[] = [];
    for (const { measures: own, expressions, order } of canLearn(place) ? subjects : []) {
      // The strata table has the moments of columns.
      if (expressions.length === 1 && expressions[0]!.kind === 'column') continue;
      const columns = this.find(keyOf(place, expressions), columnsOf(expressions.length, order))?.columns;
      if (columns === undefined || !isOf(strata, columns[0]!)) continue; // a lesson has columns
      const [first, second] = own as [number, number?]; // a subject has a measure
      if (second === undefined) singles[first] = readSingle(columns);
      else joint.push({ ...readPair(columns), measures: [first, second] });
    }
    return { measures: singles, joint };
  }

  /** @param columns so many the lesson must have */
  protected find(key: LessonKey, columns: number): Lesson | null {
    const known = this.held.find(key);
    if (known !== undefined && known.columns.length >= columns) return known;
    const found = this.store.find(key);
    if (found === null || found.columns.length < columns) return null;
    this.held.hold(key, found);
    return found;
  }
}
