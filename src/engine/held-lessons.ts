import type { Lesson, LessonKey } from '../catalog/index.ts';

/** Bytes of lessons that are held in memory. */
const heldBytesMax = 2 ** 26;

/** Lessons in memory; what was found least recently goes. */
export class HeldLessons {
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
