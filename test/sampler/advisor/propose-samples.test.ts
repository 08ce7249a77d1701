import { afterAll, describe, expect, test } from 'vitest';
import {
  type AskedSet,
  candidateSets,
  capFor,
  capLadder,
  columnsKey,
  type PresentSample,
  ProgramSolver,
  type Proposal,
  type ProposalRequest,
  proposeSamples,
} from '../../../src/sampler/index.ts';

const solver = new ProgramSolver();
afterAll(() => solver.close());

describe('caps', () => {
  // z² = 3.8414588…; cv² = (1 + c²)/p − 1 = 3 for c = 0 and p = 1/4: (1.96/0.1)²·3 = 1152.4.
  const z = 1.959963984540054;

  test('are for the target error, rounded up to 100·2ⁱ', () => {
    expect(capFor({ error: 0.1, z, spread: 0 })).toBe(1600);
    expect(capFor({ error: 0.05, z, spread: 0 })).toBe(6400);
    expect(capFor({ error: 0.1, z, spread: 1 })).toBe(3200); // cv² = 7: 2,689
    expect(capFor({ error: 1, z, spread: 0 })).toBe(100);
    expect(capFor({ error: 0.1, z, spread: 1e9 })).toBe(capFor({ error: 0.1, z, spread: 9 }));
    expect(capFor({ error: 1e-9, z, spread: 0 })).toBeLessThan(2 ** 31);
  });

  test('fall by halves to 100 rows', () => {
    expect(capLadder(800)).toEqual([800, 400, 200, 100]);
    expect(capLadder(100)).toEqual([100]);
  });
});

describe('candidates', () => {
  test('are the subsets of up to three columns, each once, those that weigh most first', () => {
    const workload = [
      { columns: ['b', 'a'], weight: 0.5 },
      { columns: ['a'], weight: 0.3 },
      { columns: ['c', 'd', 'e', 'f'], weight: 0.1 },
      { columns: [], weight: 0.1 },
    ];
    const sets = candidateSets(workload, 200);
    expect(sets.slice(0, 3)).toEqual([['a'], ['a', 'b'], ['b']]);
    expect(sets).toHaveLength(3 + 4 + 6 + 4);
    expect(Math.max(...sets.map((columns) => columns.length))).toBe(3);
    expect(candidateSets(workload, 2)).toEqual([['a'], ['a', 'b']]);
  });
});

const asked = (columns: readonly string[], weight: number, isNamed = false): AskedSet => ({ columns, weight, isNamed }); // prettier-ignore

/** A table of 100,000 rows; a: 100 values of which 50 are rare, b: 1,000 rare values, even: 5 frequent ones. */
function request(workload: readonly AskedSet[], changes: Partial<ProposalRequest> = {}): ProposalRequest {
  const counts = new Map([
    [columnsKey(['a']), { distinct: 100, byCap: [{ kept: 25_000, rare: 50 }, { kept: 8000, rare: 40 }] }],
    [columnsKey(['b']), { distinct: 1000, byCap: [{ kept: 90_000, rare: 1000 }, { kept: 60_000, rare: 900 }] }],
    [columnsKey(['a', 'b']), { distinct: 2000, byCap: [{ kept: 99_000, rare: 2000 }, { kept: 95_000, rare: 2000 }] }],
    [columnsKey(['even']), { distinct: 5, byCap: [{ kept: 2000, rare: 0 }, { kept: 500, rare: 0 }] }],
  ]); // prettier-ignore
  return {
    workload, counts, candidates: candidateSets(workload, 200), caps: [400, 100], budget: 30_000, tableRows: 100_000, stratumRoom: 20,
    present: [], churnShare: 0.5, ...changes,
  }; // prettier-ignore
}

const propose = (asks: ProposalRequest): Promise<Proposal> => proposeSamples(asks, solver, 2000);
const brief = ({ samples }: Proposal): unknown[][] =>
  samples.map(({ action, columns, cap, rows }) => [action, columns.join(), cap, rows]);
const advised = (name: string, columns: string[], cap: number, strata: number, rows: number): PresentSample => ({ name, columns, cap, strata, rows, isAdvised: true }); // prettier-ignore

describe('a proposal', () => {
  test('takes the largest cap that there is room for', async () => {
    const all = [asked(['a'], 1)];
    expect(brief(await propose(request(all)))).toEqual([['create', 'a', 400, 25_000]]);
    expect(brief(await propose(request(all, { budget: 20_000 })))).toEqual([['create', 'a', 100, 8000]]);
    // Strata's totals take room too: 100 · 20 rows.
    expect(brief(await propose(request(all, { budget: 26_999 })))).toEqual([['create', 'a', 100, 8000]]);
    const { covered, storage, by } = await propose(request(all));
    expect({ covered, storage, by }).toEqual({ covered: 1, storage: 27_000, by: 'optimal' });
  });

  test('keeps back for a uniform sample what queries without rare values weigh', async () => {
    const workload = [asked(['a'], 0.5), asked(['even'], 0.3), asked([], 0.2)];
    const proposal = await propose(request(workload));
    expect(brief(proposal)).toEqual([
      ['create', 'a', 100, 8000],
      ['create', '', null, 30_000 - 10_000 - 20],
    ]);
    expect(proposal.samples.map(({ covers }) => covers)).toEqual([0.5, 0.5]);
    expect(proposal.covered).toBe(1);
    // A uniform sample of the user that is half as large will do.
    const own = { ...advised('u', [], 0, 1, 12_000), isAdvised: false };
    const other = await propose(request(workload, { present: [own] }));
    expect(brief(other)).toEqual([['create', 'a', 100, 8000]]);
    expect(other.covered).toBe(1);
  });

  test('what FOR names is worth strata though no value is rare', async () => {
    expect(brief(await propose(request([asked(['even'], 1, true)])))).toEqual([
      ['create', 'even', 400, 2000],
    ]);
  });

  test('counts how much of a set is covered', async () => {
    const proposal = await propose(request([asked(['a', 'b'], 1)], { budget: 12_000 }));
    expect(brief(proposal)[0]).toEqual(['create', 'a', 100, 8000]);
    expect(proposal.covered).toBeCloseTo(100 / 2000, 12);
    expect(proposal.samples[0]!.why).toBe('for queries by (a, b); 50 of 100 values have fewer than 400 rows');
  });

  test('keeps a cap that is there rather than make all anew', async () => {
    const present = [advised('s', ['a'], 100, 100, 8000)];
    expect(brief(await propose(request([asked(['a'], 1)], { present })))).toEqual([['keep', 'a', 100, 8000]]);
  });

  test('gives way to a smaller budget, whatever the churn limit', async () => {
    const present = [advised('s', ['a'], 100, 100, 8000), advised('e', ['even'], 100, 5, 500)];
    const proposal = await propose(request([asked(['a'], 1)], { present, budget: 9000, churnShare: 0 }));
    expect(proposal.samples.find(({ name }) => name === 's')!.action).toBe('drop');
    expect(proposal.storage).toBeLessThanOrEqual(9000);
  });
});
