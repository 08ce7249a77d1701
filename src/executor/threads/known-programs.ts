import type { NumberArray } from '../../columns/index.ts';
import { keptWith } from '../../common/index.ts';
import { isRepeatable, type ScanProgram } from '../scan-program.ts';

/** Programs that no scan reads by at the moment, which threads keep: what was asked is asked again. */
const idleMax = 16;

interface KnownProgram {
  /** What its columns belong to: they are not kept when that is let go of. */
  readonly owner: object;
  /** Scans that read by it. */
  scans: number;
  /** It is not kept behind its last scan. */
  isLetGo: boolean;
}

/** Which programs threads have: to compile a loop anew, and to optimise it, takes longer than a short scan. */
export class KnownPrograms {
  /** By number; the one that was opened last is the last. */
  private readonly known = new Map<number, KnownProgram>();
  private last = 0;
  /** The same for the same program, and no other's. */
  readonly numberOf = keptWith<ScanProgram, number>(() => ++this.last);

  private lastColumn = 0;
  private readonly columnNumber = keptWith<NumberArray, number>(() => ++this.lastColumn);

  /** @param forget is called with the number of a program that threads need no more */
  constructor(private readonly forget: (number: number) => void) {}

  /** See {@link ToThread}. */
  columnsOf({ columns }: ScanProgram): number[] {
    return columns.map(this.columnNumber);
  }

  /** A scan begins. */
  open(program: ScanProgram, owner: object): void {
    const number = this.numberOf(program);
    const known = this.known.get(number) ?? { owner, scans: 0, isLetGo: !isRepeatable(program) };
    known.scans++;
    this.known.delete(number);
    this.known.set(number, known);
  }

  /** A scan has ended. */
  close(program: ScanProgram): void {
    const number = this.numberOf(program);
    const known = this.known.get(number);
    if (known === undefined) return;
    known.scans--;
    if (known.scans === 0 && known.isLetGo) this.drop(number);
    if (this.known.size <= idleMax) return;
    const idle = [...this.known].filter(([, { scans }]) => scans === 0);
    for (const [oldest] of idle.slice(0, Math.max(0, idle.length - idleMax))) this.drop(oldest);
  }

  /** Columns of an owner are let go of: threads keep them no longer than scans that have begun. */
  letGo(owner: object): void {
    for (const [number, known] of this.known) {
      if (known.owner !== owner) continue;
      known.isLetGo = true;
      if (known.scans === 0) this.drop(number);
    }
  }

  private drop(number: number): void {
    this.known.delete(number);
    this.forget(number);
  }
}
