import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import {
  type CatalogOutcome,
  type Damage,
  DamageTrials,
  flipOneBit,
  otherDamage,
  type TrialOutcome,
  truncate,
} from '../support/damage-trials.ts';

/** `npm run damage` tries as often as the design asks for. */
const isFull = process.env['MODE'] === 'damage';
const counts = isFull
  ? { flips: 5000, cuts: 500, others: 100, catalogs: 1000 }
  : { flips: 40, cuts: 10, others: 15, catalogs: 40 };
/** A machine that is busy with other tests may be slow at any moment. */
const hangMs = isFull ? 2000 : 20_000;
const questionsPerTrial = 6;

let trials: DamageTrials;
beforeAll(async () => {
  trials = await DamageTrials.open();
}, 120_000);
afterAll(() => trials.close());

/** Tries so often, and prints what came of it. @param damageOf in turn */
async function tryOften(what: string, count: number, damageOf: readonly Damage[]): Promise<TrialOutcome[]> {
  const random = seededRandom(count);
  const outcomes: TrialOutcome[] = [];
  for (let place = 0; place < count; place++)
    outcomes.push(
      await trials.tryDamage(damageOf[place % damageOf.length]!, () => random.next(), questionsPerTrial),
    );
  const sum = (of: (outcome: TrialOutcome) => number): number => outcomes.reduce((all, each) => all + of(each), 0); // prettier-ignore
  if (isFull)
    console.log(
      `${what}: ${count} trials, ${sum((each) => each.answers)} answers, ${sum(({ wrong }) => wrong.length)} wrong, ` +
        `${sum(({ quarantined }) => quarantined)} samples quarantined, longest answer ${Math.max(...outcomes.map(({ longestMs }) => longestMs)).toFixed(0)} ms`,
    );
  return outcomes;
}

function expectSound(outcomes: readonly TrialOutcome[]): void {
  expect(outcomes.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(Math.max(...outcomes.map(({ longestMs }) => longestMs))).toBeLessThan(hangMs);
}

const limitMs = isFull ? 7_200_000 : 120_000;

test('single bits flipped in files of samples', { timeout: limitMs }, async () => {
  const outcomes = await tryOften('bits flipped', counts.flips, [flipOneBit]);
  expectSound(outcomes);
  // The questions read a part of each file.
  expect(outcomes.filter(({ quarantined }) => quarantined > 0).length).toBeGreaterThan(counts.flips / 8);
});

test('files cut off', { timeout: limitMs }, async () => {
  expectSound(await tryOften('files cut off', counts.cuts, [truncate]));
});

test('files extended, emptied, removed, exchanged', { timeout: limitMs }, async () => {
  expectSound(await tryOften('other damage', counts.others, [...otherDamage, ...trials.exchanges]));
});

test('single bits flipped in the catalog', { timeout: limitMs }, async () => {
  const random = seededRandom(7);
  const outcomes: CatalogOutcome[] = [];
  for (let place = 0; place < counts.catalogs; place++)
    outcomes.push(await trials.tryCatalog(() => random.next(), questionsPerTrial));
  const refused = outcomes.flatMap((each) => [...each.refused]);
  const codes = [...new Set(refused)].map(
    (code) => `${code} ${refused.filter((each) => each === code).length}`,
  );
  const noticed = outcomes.filter((each) => each.refused.size > 0 || each.leftOut).length;
  const wrong = outcomes.flatMap((each) => each.wrong);
  if (isFull)
    console.log(
      `catalog: ${counts.catalogs} trials, ${noticed} noticed (errors: ${codes.join(', ')}), ${wrong.length} wrong`,
    );
  expect(wrong).toEqual([]);
  expect(noticed).toBeGreaterThan(counts.catalogs / 10);
});
