import { type Lesson, type LessonKey, type LessonStore, strataColumnsOf } from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
import type { DuckDBSource, SourceTable } from '../sources/index.ts';
import {
  canLearn,
  columnsOf,
  keyOf,
  KnownTails,
  type LearningPlace,
  outliersOf,
  textOf,
  writePair,
  writeSingle,
} from './known-tails.ts';
import { RunControl } from './run-control.ts';
import { typedColumns } from './table-columns.ts';
import type { TailSubject } from './tail-subjects.ts';

const nameOf = (key: LessonKey, order: number): string => JSON.stringify([key, order]);

/** Most failures that are remembered. */
const failedMax = 1000;

/** What exact runs told of expressions' values in the whole table: learned once, kept in the catalog, found again. */
export class LearnedTails extends KnownTails {
  private readonly running = new Map<string, Promise<boolean>>();
  /** What failed is not tried again, as long as it is remembered. */
  private readonly failed = new Set<string>();

  constructor(
    store: LessonStore,
    private readonly source: DuckDBSource,
    private readonly clock: Clock,
  ) {
    super(store);
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
    this.kept++;
  }
}
