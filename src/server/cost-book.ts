import type { Foreseen } from '../engine/control.ts';

/** Texts and shapes that are remembered. */
const entriesMax = 4096;
/** Characters of a text that it is told from others by. */
const charactersMax = 1024;
/** The measurements of a shape that count, about: many, since that all are slow at a time is admission's to find out. */
const measurementsMax = 50;
/** What a new one counts in the mean of all. */
const newInMean = 0.04;
/** What a statement is taken to cost before any was measured, milliseconds. */
const firstMs = 20;
/** Share of the cost that does not depend on the rows that are read, where nothing else is known. */
const fixedShare = 0.5;

/** What is expected of a statement by its text alone. */
export interface Expected {
  readonly predictedMs: number;
  readonly isDegradable: boolean;
}

/** What statements have cost, by their shape; before they are read, by a rough one. */
export class CostBook {
  /** The one that was used last is the last. */
  private readonly byShape = new Map<string, { readonly ms: number; readonly measurements: number }>();
  private readonly byRoughShape = new Map<
    string,
    { readonly shape: string; readonly isDegradable: boolean }
  >();
  private meanMs = firstMs;
  private degradable = 0.5;

  /** What is known before the statement is read; of one that is new what most are like. */
  ofText(sql: string): Expected {
    const known = this.byRoughShape.get(roughShape(sql));
    if (known === undefined) return this.ofAny();
    return {
      predictedMs: this.byShape.get(known.shape)?.ms ?? this.meanMs,
      isDegradable: known.isDegradable,
    };
  }

  /** What most are like. */
  ofAny(): Expected {
    return { predictedMs: this.meanMs, isDegradable: this.degradable >= 0.5 };
  }

  /** What it should cost where all rows are read, milliseconds. */
  predictMs(sql: string, { shape, exactMs, mayDegrade }: Foreseen): number {
    remember(this.byRoughShape, roughShape(sql), { shape, isDegradable: mayDegrade });
    this.degradable += newInMean * (Number(mayDegrade) - this.degradable);
    return this.byShape.get(shape)?.ms ?? exactMs ?? this.meanMs;
  }

  /** @param share of the rows that was enough */
  learn({ shape }: Foreseen, elapsedMs: number, share: number): void {
    const wholeMs = elapsedMs / (fixedShare + (1 - fixedShare) * share);
    const before = this.byShape.get(shape) ?? { ms: wholeMs, measurements: 0 };
    const measurements = Math.min(measurementsMax, before.measurements + 1);
    remember(this.byShape, shape, { ms: before.ms + (wholeMs - before.ms) / measurements, measurements });
    this.meanMs += newInMean * (wholeMs - this.meanMs);
  }
}

/** The text without its constants, as far as a glance tells: statements that differ in them only cost about the same. */
function roughShape(sql: string): string {
  return sql.slice(0, charactersMax).replaceAll(/'[^']*'|\b\d[\d.]*/g, '?');
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > entriesMax) map.delete(map.keys().next().value!); // not empty
}
