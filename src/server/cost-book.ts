import type { Foreseen } from '../engine/control.ts';

/** Texts and shapes that are remembered. */
const entriesMax = 4096;
/** What a new measurement counts. */
const newShare = 0.2;
/** What a statement is taken to cost before any was measured, milliseconds. */
const firstMs = 20;
/** Share of the cost that does not depend on the rows that are read, where nothing else is known. */
const fixedShare = 0.5;

/** What is expected of a statement by its text alone. */
interface Expected {
  readonly predictedMs: number;
  readonly isDegradable: boolean;
}

/** What statements have cost, by their shape; for a first look by their text. */
export class CostBook {
  /** The one that was used last is the last. */
  private readonly byShape = new Map<string, number>();
  private readonly byText = new Map<string, { readonly shape: string; readonly isDegradable: boolean }>();
  private meanMs = firstMs;

  /** What is known before the statement is read; of a new text what most are like. */
  ofText(sql: string): Expected {
    const known = this.byText.get(sql);
    if (known === undefined) return { predictedMs: this.meanMs, isDegradable: false };
    return { predictedMs: this.byShape.get(known.shape) ?? this.meanMs, isDegradable: known.isDegradable };
  }

  /** What it should cost where all rows are read, milliseconds. */
  predictMs(sql: string, { shape, exactMs, mayDegrade }: Foreseen): number {
    remember(this.byText, sql, { shape, isDegradable: mayDegrade });
    return this.byShape.get(shape) ?? exactMs ?? this.meanMs;
  }

  /** @param share of the rows that was enough */
  learn({ shape }: Foreseen, elapsedMs: number, share: number): void {
    const wholeMs = elapsedMs / (fixedShare + (1 - fixedShare) * share);
    const before = this.byShape.get(shape);
    remember(this.byShape, shape, before === undefined ? wholeMs : before + newShare * (wholeMs - before));
    this.meanMs += newShare * newShare * (wholeMs - this.meanMs);
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > entriesMax) map.delete(map.keys().next().value!); // not empty
}
