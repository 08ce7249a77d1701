import { describe, expect, test } from 'vitest';
import type { AdmissionOptions } from '../../../src/server/stages/index.ts';
import { publishedRate } from '../../../src/server/stages/rate-limit.ts';
import {
  capacityPerSecond,
  type LoadOptions,
  type LoadResult,
  simulateLoad,
  summarise,
  type Summary,
  targetMs,
} from './support/simulated-load.ts';

/*
 * A server that can do 100 works a second, in simulated time, for which Poisson arrivals do not wait: 5 s at half of that, 20 s at some
 * load, 15 s at a load after it. `npm run stages` takes more seeds, and prints what docs/operations.md says of them.
 */

const isFull = process.env['MODE'] === 'stages';
const seeds = Array.from({ length: isFull ? 10 : 1 }, (_, place) => place + 1);
const [beginMs, endMs, allMs] = [5000, 25_000, 40_000];
const recoveryMs = 2000;

/** What came of those who asked at a load, and of those who did two seconds after it and later. */
interface Run {
  readonly under: Summary;
  readonly after: Summary;
  /** Nothing was degraded or limited any more at some time in the two seconds after. */
  readonly isBack: boolean;
}

async function play(
  load: number,
  seed: number,
  options: Partial<LoadOptions>,
  loadAfter = 0.5,
): Promise<LoadResult> {
  const phases = [
    { seconds: beginMs / 1000, load: 0.5 },
    { seconds: (endMs - beginMs) / 1000, load },
    { seconds: (allMs - endMs) / 1000, load: loadAfter },
  ];
  const result = await simulateLoad({ phases, seed, ...options });
  expect(result.queries.filter(({ outcomes }) => outcomes !== 1)).toEqual([]);
  return result;
}

async function run(
  load: number,
  seed: number,
  options: Partial<LoadOptions>,
  loadAfter?: number,
): Promise<Run> {
  const result = await play(load, seed, options, loadAfter);
  const isBack = result.trace.some(
    ({ atMs, level, rate }) => atMs > endMs && atMs <= endMs + recoveryMs && level === 0 && rate === Infinity,
  );
  return {
    under: summarise(result, beginMs, endMs),
    after: summarise(result, endMs + recoveryMs, allMs),
    isBack,
  };
}

/** Runs of all seeds by name and load. */
const known = new Map<string, readonly Run[]>();

async function runAll(name: string, load: number, options: Partial<LoadOptions>): Promise<readonly Run[]> {
  const key = `${name} · ${load}×`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const runs: Run[] = [];
  for (const seed of seeds) runs.push(await run(load, seed, options));
  known.set(key, runs);
  if (isFull) print(key, runs.map(({ under }) => under)); // prettier-ignore
  return runs;
}

async function underLoad(
  name: string,
  load: number,
  options: Partial<LoadOptions>,
): Promise<readonly Summary[]> {
  return (await runAll(name, load, options)).map(({ under }) => under);
}

function print(key: string, summaries: readonly Summary[]): void {
  const mean = (of: (summary: Summary) => number): number =>
    summaries.reduce((sum, each) => sum + of(each), 0) / summaries.length;
  console.log(
    `${key}: goodput ${mean((each) => each.goodput).toFixed(0)}/s, ` +
      `p99 at most ${most(summaries, (each) => each.p99Ms).toFixed(0)} ms, ` +
      `shed ${(100 * mean((each) => each.shed / each.offered)).toFixed(1)} %, ` +
      `share ${mean((each) => each.share).toFixed(2)}`,
  );
}

const least = (summaries: readonly Summary[], of: (summary: Summary) => number): number =>
  Math.min(...summaries.map(of));
const most = (summaries: readonly Summary[], of: (summary: Summary) => number): number =>
  Math.max(...summaries.map(of));

/** Whether goodput is kept: at twice the capacity 90 % of its peak, or of what is asked for, at five times 80 %. */
async function keepsGoodput(name: string, options: Partial<LoadOptions>): Promise<boolean> {
  const [half, one, two, five] = [
    await underLoad(name, 0.5, options),
    await underLoad(name, 1, options),
    await underLoad(name, 2, options),
    await underLoad(name, 5, options),
  ];
  return seeds.every((_, place) => {
    const [at1, at2, at5] = [one[place]!, two[place]!, five[place]!]; // one a seed
    const peak = Math.max(half[place]!.goodput, at1.goodput, at2.goodput, at5.goodput);
    const askedAt2 = (at2.offered * 1000) / (endMs - beginMs);
    return at2.goodput >= 0.9 * Math.min(peak, askedAt2) && at5.goodput >= 0.8 * peak;
  });
}

const own = { admission: {} };
/** Measured response times alone decide. */
const measuredOnly: Partial<AdmissionOptions> = { degradeAt: Infinity, refuseAt: Infinity };
const cases: readonly (readonly [string, Partial<LoadOptions>])[] = [
  ['70 % degradable', own],
  ['10 % degradable', { ...own, degradable: 0.1 }],
  ['nothing degradable', { ...own, degradable: 0 }],
  ['predictions 4 times too long', { ...own, bias: 4 }],
  ['predictions 4 times too short', { ...own, bias: 0.25 }],
];

describe.each(cases)('under load, %s', (name, options) => {
  test('goodput is kept', async () => {
    expect(await keepsGoodput(name, options)).toBe(true);
  });

  test.each(isFull ? [0.5, 1, 2, 5, 10] : [0.5, 1, 2, 5])(
    'who is admitted is answered in time at %d times the capacity',
    async (load) => {
      expect(most(await underLoad(name, load, options), ({ p99Ms }) => p99Ms)).toBeLessThanOrEqual(
        1.5 * targetMs,
      );
    },
  );

  test.each([2, 5])('two seconds after %d times the capacity all is as before', async (load) => {
    for (const { after, isBack } of await runAll(name, load, options)) {
      expect(isBack).toBe(true);
      expect(after.shed).toBe(0);
      expect(after.served).toBe(after.offered);
      expect(after.p99Ms).toBeLessThan(targetMs);
      if (options.degradable !== 0) expect(after.share).toBeGreaterThan(0.95);
    }
  });
});

test('two seconds after, nothing is shed at 0.8 times the capacity either', async () => {
  for (const seed of seeds) {
    const { after } = await run(5, seed, own, 0.8);
    expect([after.shed, after.p99Ms < targetMs]).toEqual([0, true]);
    expect(after.share).toBeGreaterThan(0.75);
  }
});

test('nothing is degraded much, and nothing shed, below capacity', async () => {
  const summaries = await underLoad('70 % degradable', 0.5, own);
  expect(most(summaries, ({ shed }) => shed)).toBe(0);
  expect(least(summaries, ({ share }) => share)).toBeGreaterThan(0.97);
});

describe('works are degraded before any is shed', () => {
  test.each([2, 5])('at %d times the capacity', async (load) => {
    const summaries = await underLoad('70 % degradable', load, own);
    expect(most(summaries, ({ shedEarly }) => shedEarly)).toBe(0);
  });

  test('and none where degrading is enough', async () => {
    expect(most(await underLoad('all degradable', 2, { ...own, degradable: 1 }), ({ shed }) => shed)).toBe(0);
  });

  test('planted bug: shedding that does not wait for degrading is seen', async () => {
    const summaries = await underLoad('shedding first', 2, { admission: { degradeAt: Infinity } });
    expect(least(summaries, ({ shedEarly }) => shedEarly)).toBeGreaterThan(100);
  });
});

describe('what the requirements rule out', () => {
  test('no controllers: goodput collapses', async () => {
    expect(await keepsGoodput('no controllers', {})).toBe(false);
    for (const load of [2, 5]) {
      const goodput = most(await underLoad('no controllers', load, {}), (each) => each.goodput);
      expect(goodput).toBeLessThan(0.2 * capacityPerSecond);
    }
  });

  test('the published controller: by response times alone, each second, + 0.5/s, ÷ 2', async () => {
    const admission = { ...measuredOnly, rate: publishedRate, sampleMs: 1000 };
    expect(await keepsGoodput('published', { admission })).toBe(false);
    expect(await keepsGoodput('published, each 250 ms', { admission: { ...admission, sampleMs: 250 } })).toBe(
      false,
    );
  });

  test('our rates, by response times alone', async () => {
    expect(await keepsGoodput('our rates', { admission: measuredOnly })).toBe(false);
    expect(
      await keepsGoodput('our rates, degrading by predictions', { admission: { refuseAt: Infinity } }),
    ).toBe(false);
  });

  test('turns of 100 ms, or 10 times what a work takes as its patience: too late for some', async () => {
    const queue = { countMax: 100_000, bytesMax: Infinity, patienceMaxMs: targetMs };
    const short = await underLoad('turns of 100 ms', 5, {
      ...own,
      stage: { queue: { ...queue, turnMs: 100 } },
    });
    expect(least(short, ({ p99Ms }) => p99Ms)).toBeGreaterThan(1.5 * targetMs);
    const patient = { ...queue, patience: 10, patienceMaxMs: 10_000 };
    const long = await underLoad('patience of 10', 5, { ...own, stage: { queue: patient } });
    expect(least(long, ({ p99Ms }) => p99Ms)).toBeGreaterThan(1.5 * targetMs);
  });
});

describe('clients', () => {
  /** Of four who ask for 5 % of the capacity each beside one who asks for five times all of it, and of that one. */
  async function shedShares(seed: number, options: Partial<LoadOptions>): Promise<readonly [number, number]> {
    const result = await play(5.2, seed, {
      clientOf: (random) => (random.next() < 5 / 5.2 ? 'greedy' : `modest ${Math.floor(random.next() * 4)}`),
      ...options,
    });
    const shareOf = (isGreedy: boolean): number => {
      const own = result.queries.filter(
        ({ arrivedMs, client }) =>
          arrivedMs >= beginMs && arrivedMs < endMs && (client === 'greedy') === isGreedy,
      );
      const good = own.filter(
        (each) => each.outcome === 'served' && each.endedMs - each.arrivedMs <= targetMs,
      );
      return 1 - good.length / own.length;
    };
    return [shareOf(false), shareOf(true)];
  }

  test('who asks for little is served, beside one who asks for far too much', async () => {
    for (const seed of seeds) {
      const [modest, greedy] = await shedShares(seed, own);
      expect(modest).toBeLessThan(0.02);
      expect(greedy).toBeGreaterThan(0.4);
    }
  });

  test('without controllers they are not', async () => {
    const stage = { queue: { countMax: 100_000, bytesMax: Infinity, turnMs: Infinity } };
    for (const seed of seeds) expect((await shedShares(seed, { stage }))[0]).toBeGreaterThan(0.5);
  });
});
