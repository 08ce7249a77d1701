import { seededRandom } from '../../src/common/index.ts';
import type { Candidate, QuerySet, SelectionProblem } from '../../src/sampler/index.ts';

/** How large a made-up problem is. */
export interface SelectionSize {
  readonly candidates: number;
  readonly queries: number;
  /** Columns of the made-up table. */
  readonly columns: number;
}

/** A made-up selection problem: column sets of a table, some of them sampled already, a budget that is short. */
export function randomSelection(seed: number, size: SelectionSize): SelectionProblem {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random.next() * n);
  const values = Array.from({ length: size.columns }, () => Math.ceil(10 ** (1 + random.next())));
  const rows = 1_000_000;
  const cap = 1000;
  const setOf = (columnsMax: number): string[] => {
    const places = new Set(Array.from({ length: 1 + below(columnsMax) }, () => below(size.columns)));
    return [...places].sort((a, b) => a - b).map((place) => `c${place}`);
  };
  const distinctOf = (columns: readonly string[]): number =>
    Math.min(
      rows,
      Math.ceil(columns.reduce((product, name) => product * values[Number(name.slice(1))]!, 1) ** 0.9),
    ); // named by place
  const candidates = Array.from({ length: size.candidates }, (): Candidate => {
    const columns = setOf(3);
    const distinct = distinctOf(columns);
    const existing = random.next() < 0.2;
    return {
      columns,
      distinct,
      storage: Math.ceil(Math.min(rows, distinct * cap) * (0.1 + 0.9 * random.next())),
      quality: existing && random.next() < 0.5 ? 0.5 + random.next() / 2 : 1,
      existing,
    };
  });
  const workload = Array.from({ length: size.queries }, (): QuerySet => {
    const columns = setOf(4);
    const distinct = distinctOf(columns);
    return {
      columns,
      distinct,
      weight: random.next() / size.queries,
      rare: Math.floor(distinct * random.next()),
      floor: random.next() < 0.2 ? random.next() : 0,
    };
  });
  const storage = candidates.reduce((sum, each) => sum + each.storage, 0);
  const present = candidates.reduce((sum, each) => sum + (each.existing ? each.storage : 0), 0);
  return {
    workload,
    candidates,
    budget: Math.floor(storage * (0.05 + 0.5 * random.next())),
    dropMax: Math.floor(present * random.next()),
  };
}

/**
 * The largest value of all selections that are allowed, by trying every one, straight from the formula; −1 where none is. Shares no code
 * with what it judges.
 */
export function bestByTrying({ workload, candidates, budget, dropMax }: SelectionProblem): number {
  let best = -1;
  for (let chosen = 0; chosen < 2 ** candidates.length; chosen++) {
    let storage = 0;
    let dropped = 0;
    for (let j = 0; j < candidates.length; j++) {
      const isChosen = Math.floor(chosen / 2 ** j) % 2 === 1;
      if (isChosen)
        storage += candidates[j]!.storage; // j < length, here and below
      else if (candidates[j]!.existing) dropped += candidates[j]!.storage;
    }
    if (storage > budget || dropped > dropMax) continue;
    let value = 0;
    for (const { columns, distinct, weight, rare, floor } of workload) {
      let y = floor;
      for (let j = 0; j < candidates.length; j++) {
        if (Math.floor(chosen / 2 ** j) % 2 === 0) continue;
        const other = candidates[j]!;
        const subset = other.columns.every((name) => columns.includes(name));
        const superset = columns.every((name) => other.columns.includes(name));
        if (subset || superset) y = Math.max(y, other.quality * Math.min(1, other.distinct / distinct));
      }
      value += weight * rare * (y - floor);
    }
    best = Math.max(best, value);
  }
  return best;
}
