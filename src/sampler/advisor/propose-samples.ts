import { groupDigits } from '../../common/index.ts';
import { columnsKey } from './candidate-sets.ts';
import type { ProgramSolver } from './program-solver.ts';
import {
  type AskedSet,
  type CappedCandidate,
  type CappedProblem,
  countsOf,
  evenShare,
  type PresentSample,
  problemFor,
  type ProposalRequest,
  raritySuffered,
  roomOf,
} from './proposal-request.ts';
import { selectGreedily } from './select-greedily.ts';
import { allowForcedDrops, type SelectedSamples, selectSamples } from './select-samples.ts';
import { coverage, gainsOf, valueOf } from './selection-problem.ts';

/** What is to become of a sample, and why. */
export interface ProposedSample {
  readonly action: 'create' | 'keep' | 'drop';
  /** The name of a sample that is there; null: it is to be made. */
  readonly name: string | null;
  /** What its strata are made of; none: it is uniform. */
  readonly columns: readonly string[];
  /** Of a stratified sample. */
  readonly cap: number | null;
  readonly rows: number;
  /** The room that it takes, in rows. */
  readonly storage: number;
  /** Of the workload the share that it covers better than the other samples. */
  readonly covers: number;
  readonly why: string;
}

/** Which samples to keep, and what that comes to. */
export interface Proposal {
  readonly samples: readonly ProposedSample[];
  /** The cap of new stratified samples. */
  readonly cap: number;
  /** Share of the workload that is covered, samples that the user created included. */
  readonly covered: number;
  /** Room of all that is kept or made, in rows. */
  readonly storage: number;
  readonly by: SelectedSamples['by'];
}

/** So much of what a small cap's samples cover is as good as all of it, where the cap is larger. */
const enoughShare = 0.9;
/** Below it a uniform sample gives no interval that is certified. */
const uniformRowsMin = 100;

/**
 * Proposes which samples to keep, make and drop. The cap is the largest of those given whose samples cover nine tenths of what those of
 * smaller caps would, as the greedy answer tells; then the selection is solved; what the stratified samples leave of the budget goes to
 * a uniform sample, where queries need one.
 * @param limitMs for the solver
 * @throws the reason of the solver's signal
 */
export async function proposeSamples(
  request: ProposalRequest,
  solver: ProgramSolver,
  limitMs: number,
): Promise<Proposal> {
  const problem = await bestCapped(request);
  const { selection, by } = await selectSamples(problem, solver, limitMs);
  const chosen = problem.candidates.filter((_, place) => selection[place] === true);
  const dropped = problem.candidates.filter(({ existing }, place) => existing && selection[place] !== true);
  const uniform = uniformFor(request, chosen);
  const shares = serve(request, chosen, uniform.rows > 0);
  const kept = chosen.map((candidate, place) => stratifiedOf(request, candidate, shares.byChosen[place]!)); // one each
  const samples = [
    ...kept.toSorted((a, b) => b.covers - a.covers),
    ...uniform.samples.map((sample) => (sample.action === 'drop' ? sample : uniformOf(sample, shares))),
    ...dropped.map((candidate) => droppedOf(candidate)),
  ];
  const storage = samples.reduce((sum, sample) => sum + (sample.action === 'drop' ? 0 : sample.storage), 0);
  return { samples, cap: problem.cap, covered: shares.covered, storage, by };
}

/**
 * The problem of the largest cap whose greedy answer is nearly as good as that of any smaller one; rather one that samples of the advisor
 * have, so that they need not be made anew.
 */
async function bestCapped(request: ProposalRequest): Promise<CappedProblem> {
  const problems = request.caps.map((_, place) => problemFor(request, place));
  const worths: number[] = [];
  for (const problem of problems) {
    const allowed = allowForcedDrops(problem);
    worths.push(valueOf(gainsOf(allowed), selectGreedily(allowed)));
    await new Promise((resume) => setImmediate(resume)); // with hundreds of candidates each takes a tenth of a second
  }
  const enough = enoughShare * Math.max(...worths);
  const good = problems.filter((_, place) => worths[place]! >= enough); // one worth each
  const isUsed = ({ cap }: CappedProblem): boolean =>
    request.present.some((sample) => sample.isAdvised && sample.columns.length > 0 && sample.cap === cap);
  return good.find(isUsed) ?? good[0]!; // the best one is good enough
}

/** The uniform samples that are kept, made and dropped, and the rows of the largest that there then is. */
function uniformFor(
  request: ProposalRequest,
  chosen: readonly CappedCandidate[],
): { readonly samples: readonly ProposedSample[]; readonly rows: number } {
  const { budget, tableRows, stratumRoom, present, workload } = request;
  const uniforms = present.filter(({ columns }) => columns.length === 0);
  const byHand = Math.max(0, ...uniforms.filter(({ isAdvised }) => !isAdvised).map(({ rows }) => rows));
  const advised = uniforms.filter(({ isAdvised }) => isAdvised).toSorted((a, b) => b.rows - a.rows);
  const spare = budget - chosen.reduce((sum, { storage }) => sum + storage, 0);
  const most = Math.min(tableRows, Math.floor(spare - stratumRoom));
  const isWhole = (asked: AskedSet): boolean => stratifiedCoverage(request, chosen, asked) === 1;
  const isNeeded = evenShare(request) > 0 || !workload.every(isWhole);
  const isWanted = isNeeded && most >= uniformRowsMin && byHand < most / 2;
  const kept = isWanted ? advised.find(({ rows }) => rows <= most && rows >= most / 2) : undefined;
  const own = (sample: PresentSample, action: 'keep' | 'drop', why: string): ProposedSample => ({
    action, name: sample.name, columns: [], cap: null, rows: sample.rows, storage: roomOf(request, sample), covers: 0, why,
  }); // prettier-ignore
  const samples = advised.map(
    (sample) =>
    sample === kept ? own(sample, 'keep', '') : own(sample, 'drop', isWanted ? 'its room has changed' : 'nothing needs it'), // prettier-ignore
  );
  if (!isWanted) return { samples, rows: byHand };
  if (kept !== undefined) return { samples, rows: kept.rows };
  const made: ProposedSample = {
    action: 'create', name: null, columns: [], cap: null, rows: most, storage: most + Math.ceil(stratumRoom), covers: 0, why: '',
  }; // prettier-ignore
  return { samples: [made, ...samples], rows: most };
}

/** What the chosen stratified samples and those of the user cover of a set. */
function stratifiedCoverage(
  request: ProposalRequest,
  chosen: readonly CappedCandidate[],
  { columns }: AskedSet,
): number {
  const query = { columns, distinct: countsOf(request, columns).distinct };
  const byHand = request.present.filter((sample) => !sample.isAdvised && sample.columns.length > 0);
  const samples = [...chosen, ...byHand.map((sample) => ({ ...sample, distinct: sample.strata }))];
  return columns.length === 0 ? 0 : Math.max(0, ...samples.map((sample) => coverage(sample, query)));
}

/** Who serves what: of the workload the shares that each chosen sample, and the uniform one, cover best; and all that is covered. */
interface Shares {
  readonly byChosen: readonly { readonly share: number; readonly sets: readonly (readonly string[])[] }[];
  readonly uniform: number;
  readonly covered: number;
}

function serve(request: ProposalRequest, chosen: readonly CappedCandidate[], hasUniform: boolean): Shares {
  const byChosen = chosen.map(() => ({ share: 0, sets: [] as (readonly string[])[] }));
  let [uniform, covered] = [0, 0];
  for (const asked of request.workload) {
    const query = { columns: asked.columns, distinct: countsOf(request, asked.columns).distinct };
    const own = chosen.map((candidate) => (query.columns.length === 0 ? 0 : coverage(candidate, query)));
    const best = Math.max(0, ...own);
    const all = stratifiedCoverage(request, chosen, asked);
    const isEven = hasUniform && raritySuffered(request, asked) === 0;
    covered += asked.weight * (isEven ? 1 : all);
    if (isEven && best < 1) uniform += asked.weight;
    else if (best > 0 && best === all) {
      const server = byChosen[own.indexOf(best)]!; // one each
      server.share += asked.weight * best;
      server.sets.push(asked.columns);
    }
  }
  return { byChosen, uniform, covered };
}

const whole = (count: number): string => groupDigits(Math.round(count));
const tuple = (columns: readonly string[]): string => `(${columns.join(', ')})`;
/** Sets that are named in a reason. */
const namedMax = 4;

function stratifiedOf(
  request: ProposalRequest,
  { columns, cap, rows, storage, present }: CappedCandidate,
  { share, sets }: Shares['byChosen'][number],
): ProposedSample {
  const { distinct, byCap } = request.counts.get(columnsKey(columns)) ?? { distinct: present?.strata ?? 0, byCap: [] }; // prettier-ignore
  const rare = byCap[0]?.rare;
  const named = sets.slice(0, namedMax).map(tuple).join(', ');
  const others = sets.length > namedMax ? ` and ${sets.length - namedMax} more` : '';
  const values = rare === undefined ? '' : `; ${whole(rare)} of ${whole(distinct)} values have fewer than ${whole(request.caps[0]!)} rows`; // prettier-ignore
  return {
    action: present === null ? 'create' : 'keep',
    name: present?.name ?? null,
    columns,
    cap,
    rows,
    storage,
    covers: share,
    why:
      sets.length === 0
        ? 'dropping it would be too much at once'
        : `for queries by ${named}${others}${values}`,
  };
}

function uniformOf(sample: ProposedSample, { uniform }: Shares): ProposedSample {
  const why = uniform > 0 ? 'for queries whose columns have no rare values' : 'for what strata cover in part';
  return { ...sample, covers: uniform, why };
}

function droppedOf({ present, columns, cap, rows, storage }: CappedCandidate): ProposedSample {
  return { action: 'drop', name: present?.name ?? null, columns, cap, rows, storage, covers: 0, why: 'others are worth more of the room' }; // prettier-ignore
}
