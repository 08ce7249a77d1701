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

/** What was learned of expressions' values in whole tables, as the catalog has it. */
export class KnownTails {
  private readonly held = new HeldLessons();

  constructor(protected readonly store: LessonStore) {}

  /** What was learned of subjects over the strata of a sample. @param measures of the layout that the subjects name places in */
  valuesOf(
    place: LearningPlace,
    { strata }: Sample,
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

/** Bytes of lessons that are held in memory. */
const heldBytesMax = 2 ** 26;

/** Lessons in memory; what was found least recently goes. */
class HeldLessons {
  private readonly lessons = new Map<string, Lesson>();
  private bytes = 0;

  find(key: LessonKey): Lesson | undefined {
    const name = JSON.stringify(key);
    const found = this.lessons.get(name);
    if (found === undefined) return undefined;
    this.lessons.delete(name);
    this.lessons.set(name, found);
    return found;
  }

  hold(key: LessonKey, lesson: Lesson): void {
    this.drop(JSON.stringify(key));
    this.lessons.set(JSON.stringify(key), lesson);
    this.bytes += bytesOf(lesson);
    for (const oldest of this.lessons.keys()) {
      if (this.bytes <= heldBytesMax || this.lessons.size === 1) return;
      this.drop(oldest);
    }
  }

  private drop(name: string): void {
    const lesson = this.lessons.get(name);
    if (lesson === undefined) return;
    this.bytes -= bytesOf(lesson);
    this.lessons.delete(name);
  }
}

const bytesOf = ({ columns }: Lesson): number => columns.reduce((sum, column) => sum + column.byteLength, 0);
