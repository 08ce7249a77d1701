import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureCoverage } from './cells.ts';
import { allocations, tails } from './population.ts';

/** Tails of which groups are drawn too, not only conditions. */
const groupedTails: readonly string[] = ['normal', 'exponential', 'lognormal 1'];

/** Measures the cells of an allocation, and writes them down for `npm run coverage`. */
export function recordCoverage(name: string): void {
  const { BALLPARK_DRAWS, BALLPARK_COVERAGE_FOLDER } = process.env;
  const draws = Number(BALLPARK_DRAWS);
  const allocation = allocations.find((each) => each.name === name)!; // callers name one of them
  const runs = Object.keys(tails).flatMap((tail) =>
    (['conditions', 'groups'] as const)
      .filter((by) => by === 'conditions' || groupedTails.includes(tail))
      .map((by) => ({ tail, by })),
  );
  test.each(runs)(`${name}, $tail, $by`, ({ tail, by }) => {
    const cells = measureCoverage({ allocation, tail, by, confidences: [0.95, 0.99] }, draws);
    expect(cells.length).toBeGreaterThan(0);
    writeFileSync(join(BALLPARK_COVERAGE_FOLDER!, `${name}-${tail}-${by}.json`), JSON.stringify(cells));
  });
}
