import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renewalsPerTerm } from '../../src/leases/index.ts';
import { bundleProcess } from './processes/bundle.ts';
import {
  holdMany,
  killLeaders,
  stopBuilders,
  takeoverSlackMs,
  type TrialPlace,
  type TrialResult,
} from './processes/trials.ts';

/*
 * Real processes, stopped and killed. A few rounds here; `npm run leases` runs as many as it takes to believe it, and holds as many
 * leases as are promised, for two of their terms.
 */
const isFull = process.env['BALLPARK_LEASE_TRIALS'] === 'full';
const rounds = isFull ? { stops: 100, kills: 200 } : { stops: 4, kills: 8 };
const many = isFull
  ? { count: 100_000, termMs: 30_000, forMs: 62_000 }
  : { count: 5000, termMs: 6000, forMs: 7000 };
/** Of a core. */
const cpuShareMax = 0.2;

const folder = mkdtempSync(join(tmpdir(), 'ballpark-leases-'));
let bundle: Awaited<ReturnType<typeof bundleProcess>>;
beforeAll(async () => {
  bundle = await bundleProcess('test/leases/processes/lease-process.ts');
});
afterAll(async () => {
  await bundle.remove();
  rmSync(folder, { recursive: true });
});

const termMs = 1000;
const place = (name: string): TrialPlace => ({
  program: bundle.program,
  database: join(folder, `${name}.sqlite`),
  termMs,
});
const nothingWrong = { staleWrites: 0, tokensNotLarger: 0, wrongCommits: 0, untold: 0 };

/** Shows figures where they are asked for. */
function show(what: string, figures: Readonly<Record<string, unknown>>): void {
  if (isFull) console.log(what, figures);
}

function showTrials(what: string, { takeoverMs, ...counts }: TrialResult): void {
  const sorted = takeoverMs.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))]!); // at least one
  show(what, { termMs, takeoverMs: { median: at(0.5), p95: at(0.95), max: at(1) }, ...counts });
}

const timeout = 1_200_000;

test('a builder that is stopped for twice its term commits nothing', { timeout }, async () => {
  const result = await stopBuilders(place('stop'), rounds.stops, 1);
  showTrials('builders stopped', result);
  expect(result).toMatchObject({ rounds: rounds.stops, ...nothingWrong });
  expect(Math.max(...result.takeoverMs)).toBeLessThan(termMs + takeoverSlackMs);
  expect(result.refused).toBeGreaterThanOrEqual(rounds.stops);
  expect(result.writes).toBeGreaterThan(5 * rounds.stops);
});

test('a leader that is killed is followed within its term', { timeout }, async () => {
  const result = await killLeaders(place('kill'), rounds.kills, 1);
  showTrials('leaders killed', result);
  expect(result).toMatchObject({ rounds: rounds.kills, ...nothingWrong });
  expect(Math.max(...result.takeoverMs)).toBeLessThan(termMs + takeoverSlackMs);
  expect(result.writes).toBeGreaterThan(rounds.kills);
});

test('many leases are renewed in time', { timeout }, async () => {
  const { count, forMs } = many;
  const result = await holdMany({ ...place('hold'), termMs: many.termMs }, count, forMs);
  show('leases held', { termMs: many.termMs, ...result });
  expect(result).toMatchObject({ held: count, lost: 0, invalid: 0, granted: 0 });
  // Those of the last round may be under way.
  expect(result.renewals).toBeGreaterThanOrEqual(
    (Math.floor((forMs / many.termMs) * renewalsPerTerm) - 1) * count,
  );
  expect(result.tries).toBeGreaterThan(20);
  if (isFull) expect(result.cpuShare).toBeLessThan(cpuShareMax);
});
