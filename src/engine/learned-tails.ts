import {
  fingerprintOf,
  type Lesson,
  type LessonKey,
  type LessonStore,
  type SampleEntry,
  strataColumnsOf,
  type TableEntry,
} from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
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
import {
  type DuckDBSource,
  type LearnedStrata,
  type OutlierRule,
  printOver,
  type SourceTable,
} from '../sources/index.ts';
import { HeldLessons } from './held-lessons.ts';
import { RunControl } from './run-control.ts';
import { typedColumns } from './table-columns.ts';
import type { TailSubject } from './tail-subjects.ts';

/** The text of an expression over the table, the same for what means the same. */
const textOf = (expression: BoundExpression): string => printOver(expression, 't');

function keyOf({ table, entry }: LearningPlace, expressions: readonly BoundExpression[]): LessonKey {
  return {
    tableId: table.id,
    strata: JSON.stringify([strataColumnsOf(entry.method), outliersOf(entry)]),
    subject: JSON.stringify(expressions.map(textOf)),
    fingerprint: fingerprintOf(table),
  };
}

/** The rules by which the sample's outliers form strata of their own. */
function outliersOf({ method: { outliers } }: SampleEntry): OutlierRule[] {
  return outliers === undefined ? [] : rulesOf(outliers);
}

/** Only where rows were drawn from a table: of keys other moments are needed, and a given sample has no table. */
const canLearn = ({ entry: { method } }: LearningPlace): boolean =>
  method.kind === 'uniform' || method.kind === 'stratified';

const nameOf = (key: LessonKey, order: number): string => JSON.stringify([key, order]);

/*
 * The columns of a lesson: N_h, then of a single expression count, nonFinite, low, high, mean and the centred moments, of a pair
 * count, both means and the joint moments.
 */

const columnsOf = (expressions: number, order: number): number =>
  expressions === 1 ? 5 + order : 4 + pairPowers(order).length;

const writeSingle = (
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

const writePair = ({ population }: LearnedStrata, { count, means, centred }: PairMoments): Float64Array[] => [
  population,
  count,
  ...means,
  ...centred,
];

function readPair([, count, mean0, mean1, ...centred]: readonly Float64Array[]): PairMoments {
  const order = centred.length === pairPowers(3).length ? 3 : 6;
  return { order, count: count!, means: [mean0!, mean1!], centred }; // as written
}

/** Whether a lesson is about just these strata, by their sizes. */
function isOf({ count, population }: StrataTable, sizes: Float64Array): boolean {
  return sizes.length === count && sizes.every((rows, stratum) => rows === population[stratum]);
}

/** Most failures that are remembered. */
const failedMax = 1000;

/** A table, and the sample of it whose strata are learned by. */
export interface LearningPlace {
  readonly table: TableEntry;
  readonly entry: SampleEntry;
}

/** What was found for subjects, and in which state of all that it depends on. */
interface Found extends LearningPlace {
  readonly strata: StrataTable;
  /** See {@link LearnedTails.lessons} */
  readonly lessons: number;
  readonly values: LearnedValues;
}

/** What exact runs told of expressions' values in the whole table: learned once, kept in the catalog, found again. */
export class LearnedTails {
  private readonly held = new HeldLessons();
  private readonly running = new Map<string, Promise<boolean>>();
  /** What failed is not tried again, as long as it is remembered. */
  private readonly failed = new Set<string>();
  /** How often lessons were kept by this process. */
  private lessons = 0;
  private readonly found = new WeakMap<readonly TailSubject[], Found>();

  constructor(
    private readonly store: LessonStore,
    private readonly source: DuckDBSource,
    private readonly clock: Clock,
  ) {}

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
    const { lessons } = this;
    const last = this.found.get(subjects);
    if (last?.table === table && last.entry === entry && last.strata === strata && last.lessons === lessons)
      return last.values;
    const values = this.lookUp({ table, entry }, strata, subjects, measures);
    this.found.set(subjects, { table, entry, strata, lessons, values });
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

  /** The subjects of which nothing was learned yet, nor tried in vain. */
  unlearned(place: LearningPlace, subjects: readonly TailSubject[]): TailSubject[] {
    if (!canLearn(place)) return [];
    return subjects.filter(({ expressions, order }) => {
      const key = keyOf(place, expressions);
      return (
        this.find(key, columnsOf(expressions.length, order)) === null && !this.failed.has(nameOf(key, order))
      );
    });
  }

  /**
   * Learns of subjects; two that want the same at once share the work.
   * @param tables all registered tables
   * @returns false where nothing came of it: it never fails
   */
  learn(
    place: LearningPlace,
    subjects: readonly TailSubject[],
    tables: readonly SourceTable[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const names = subjects.map(({ expressions, order }) => nameOf(keyOf(place, expressions), order));
    const known = this.running.get(names.join());
    if (known !== undefined) return known;
    const work = this.study(place, subjects, tables, signal)
      .then(() => true)
      .catch(() => {
        // What was interrupted may be tried again.
        if (!signal.aborted) this.remember(names);
        return false;
      })
      .finally(() => this.running.delete(names.join()));
    this.running.set(names.join(), work);
    return work;
  }

  private remember(failed: readonly string[]): void {
    for (const name of failed) this.failed.add(name);
    for (const oldest of this.failed) {
      if (this.failed.size <= failedMax) return;
      this.failed.delete(oldest);
    }
  }

  /** Resolves when nothing runs any more; what runs ends when the source closes. */
  async close(): Promise<void> {
    await Promise.all(this.running.values());
  }

  private async study(
    place: LearningPlace,
    subjects: readonly TailSubject[],
    tables: readonly SourceTable[],
    signal: AbortSignal,
  ): Promise<void> {
    const { table, entry } = place;
    const control = new RunControl(this.clock, { signal }, null, this.clock.monotonicMs());
    const expressions = new Map(
      subjects.flatMap((each) => each.expressions.map((own) => [textOf(own), own])),
    );
    const texts = [...expressions.keys()];
    const placesOf = (subject: TailSubject): number[] =>
      subject.expressions.map((each) => texts.indexOf(textOf(each)));
    const pairs = subjects.filter((subject) => subject.expressions.length > 1);
    const learned = await this.source.learn(
      {
        table: table.name,
        keys: strataColumnsOf(entry.method),
        outliers: outliersOf(entry),
        columns: typedColumns(table),
        expressions: [...expressions.values()],
        pairs: pairs.map((pair) => ({ of: placesOf(pair) as [number, number], order: pair.order })), // a pair has two
      },
      tables,
      { signal, pause: () => control.pause() },
    );
    const learnedMs = this.clock.nowMs();
    const lessons = subjects.map((subject): Lesson => {
      const pair = pairs.indexOf(subject);
      const columns =
        pair < 0
          ? writeSingle(learned, learned.expressions[placesOf(subject)[0]!]!) // each expression was asked for
          : writePair(learned, learned.pairs[pair]!);
      return { ...keyOf(place, subject.expressions), learnedMs, columns };
    });
    await this.store.keep(lessons);
    this.lessons++;
  }

  /** @param columns so many the lesson must have */
  private find(key: LessonKey, columns: number): Lesson | null {
    const known = this.held.find(key);
    if (known !== undefined && known.columns.length >= columns) return known;
    const found = this.store.find(key);
    if (found === null || found.columns.length < columns) return null;
    this.held.hold(key, found);
    return found;
  }
}
