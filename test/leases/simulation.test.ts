import { describe, expect, test } from 'vitest';
import { simulate } from './simulate.ts';
import type { PlantedBug, Tally } from './simulation.ts';

/** `BALLPARK_LEASE_SEEDS=17` runs that seed, `1-5000` those. */
function seeds(): number[] {
  const [first = 1, last = first] = (process.env['BALLPARK_LEASE_SEEDS'] ?? '1-500').split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

const steps = 60;

describe('processes with clocks of their own', () => {
  test.each([
    ['clocks that are slewed', false],
    ['clocks that are set, too', true],
  ])('%s', { timeout: 3_600_000 }, async (_name, jumps) => {
    const total: Record<keyof Tally, number> = { grants: 0, takeovers: 0, accepted: 0, rejected: 0, lost: 0 };
    for (const seed of seeds()) {
      const tally = await simulate({ seed, jumps, steps });
      for (const what of Object.keys(total) as (keyof Tally)[]) total[what] += tally[what];
    }
    if (process.env['BALLPARK_SHOW_COVERAGE']) console.log(total);
    // It all happens: else nothing was tested.
    if (seeds().length >= 100) for (const count of Object.values(total)) expect(count).toBeGreaterThan(100);
  });

  test.each<[PlantedBug, boolean, RegExp]>([
    ['tokens-again', false, /token \d+ was given after token \d+/],
    ['no-fence', true, /under the stale token \d+ was accepted/],
    ['suspended-clock', false, /count on|is counted on, but stale/],
  ])('a planted bug is found: %s', async (planted, jumps, said) => {
    const outcomes: string[] = [];
    for (let seed = 1; seed <= 30; seed++)
      outcomes.push(await simulate({ seed, jumps, steps, planted }).then(() => '', String));
    expect(outcomes.filter((outcome) => said.test(outcome)).length).toBeGreaterThan(3);
    expect(outcomes.find((outcome) => outcome !== '')).toMatch(/BALLPARK_LEASE_SEEDS=\d+/);
  });
});
