import { beforeAll, expect, test } from 'vitest';
import type { PlantedBug } from './simulated-engine.ts';
import { noTally, type Tally } from './ledger.ts';
import { Simulation } from './simulation.ts';

// Loaded when the first file is written, it would be waited for outside of the simulated time.
beforeAll(() => import('../../../src/samples/write-arrow-file.ts'));

const isFull = process.env['MODE'] === 'simulate';

/** `BALLPARK_SAMPLE_SEEDS=17` runs that seed, `1-5000` those. */
function seeds(): number[] {
  const given = process.env['BALLPARK_SAMPLE_SEEDS'] ?? '1-2000';
  const [first = 1, last = first] = given.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

const steps = 40;

/** @throws Error that says what did not hold, the latest events, and how to repeat it */
async function simulate(seed: number, planted?: PlantedBug): Promise<Tally> {
  try {
    return await new Simulation({ seed, steps, ...(planted === undefined ? {} : { planted }) }).run();
  } catch (error) {
    throw new Error(
      `seed ${seed}: ${(error as Error).message}\nTo repeat: BALLPARK_SAMPLE_SEEDS=${seed} npx vitest run test/engine/simulation`,
      { cause: error },
    );
  }
}

test('processes that build, drop, read, collect and die', { timeout: 3_600_000 }, async () => {
  const total: Tally = { ...noTally };
  for (const seed of seeds()) {
    const tally = await simulate(seed);
    for (const what of Object.keys(total) as (keyof Tally)[]) total[what] += tally[what];
  }
  if (isFull) console.log(total);
  // It all happens: else nothing was tested.
  if (seeds().length >= 2000) for (const count of Object.values(total)) expect(count).toBeGreaterThan(100);
});

test.each<[PlantedBug, RegExp]>([
  ['no-sync', /is not what was written|is damaged|has \d+ bytes/],
  ['no-folder-sync', /is missing|the catalog has/],
  ['no-fence', /under the stale token|under twice/],
  ['no-pins', /was removed while it is read/],
  ['no-owners', /though nothing kept it from it/],
  ['never-collects', /the catalog has/],
])('a planted bug is found: %s', { timeout: 300_000 }, async (planted, said) => {
  const outcomes: string[] = [];
  for (let seed = 1; seed <= 300; seed++) outcomes.push(await simulate(seed, planted).then(() => '', String));
  expect(outcomes.filter((outcome) => said.test(outcome)).length).toBeGreaterThan(3);
  expect(outcomes.find((outcome) => outcome !== '')).toMatch(/BALLPARK_SAMPLE_SEEDS=\d+/);
});
