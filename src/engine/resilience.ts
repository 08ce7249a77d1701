import { linearRegression, linearRegressionLine, rSquared } from 'simple-statistics';
import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { seededRandom } from '../common/index.ts';
import type { Scalar } from '../plan/index.ts';
import { type BandName, ranksOfBand, type Sample, SampleFault } from '../samples/index.ts';
import { type AnswerValues, BlockLosses, distortionOf } from './block-losses.ts';
import type { QueryOptions } from './contract.ts';
import { LoggedQueries } from './probing-queries.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';

/** Shares of a class's blocks that are discarded, how often each, and the share that slopes speak of. */
const shares = [0.1, 0.2, 0.3, 0.5];
const drawsOfShare = 20;
const unitShare = 0.1;
/** Digits that figures of trials are worth. */
const digits = 3;

/** What came of discarding a share of a class's blocks. */
interface Trial {
  readonly share: number;
  /** null: there was no answer. */
  readonly distortion: number | null;
  readonly elapsedMs: number;
}

/** A line over the share discarded. */
interface FittedLine {
  readonly perUnitShare: number;
  /** null: it says nothing, as all values are the same. */
  readonly rSquared: number | null;
}

/** Blocks that begin in the same part of the file. */
interface BlockClass {
  readonly band: BandName;
  readonly blocks: readonly number[];
}

/**
 * What becomes of answers from a table's samples where blocks are lost: by class of block whether an answer can do without the class, and
 * lines fitted to distortion and time over the share of its blocks that was discarded at random.
 * @throws QueryError CANCELLED, LIMIT_EXCEEDED, DAMAGED_SAMPLE
 * @see Rinard, "Probabilistic accuracy bounds for fault-tolerant computations that discard tasks", ICS 2006, sections 2 and 3
 */
export async function measureResilience(
  state: EngineState,
  table: TableEntry,
  { signal, onProgress }: QueryOptions,
): Promise<RoutedAnswer> {
  const logged = await LoggedQueries.read(state, table);
  const entries = state.troubles.snapshot().samples.filter(({ tableId, trouble }) => tableId === table.id && trouble === undefined); // prettier-ignore
  const rows: Scalar[][] = [];
  const notes: string[] = [];
  for (const [place, entry] of entries.entries()) {
    onProgress?.({
      phase: 'execute',
      fraction: place / entries.length,
      rows: rowsOf(entries.slice(0, place)),
    });
    const { queries, origin } = logged.of(entry);
    const opened = await state.samples.get(entry);
    // What is lost in a trial is not held against the sample.
    const sample: Sample = { ...opened, unreadable: (reason) => new SampleFault('unavailable', reason) };
    const losses = new BlockLosses(state, entry, sample, queries, signal);
    const whole = queries.length === 0 ? null : await losses.askWhole();
    // The second time everything is in memory, and compiled.
    if (whole !== null) await losses.askWhole();
    notes.push(whole === null ? `${entry.name} was asked nothing: it answers none of the questions` : `${entry.name} was asked ${origin}`); // prettier-ignore
    for (const each of classesOf(sample)) rows.push(await rowOf(entry, each, losses, whole));
  }
  const { text, count, flag, number } = commandTypes;
  const answer = rowsAnswer(
    [['sample', text], ['class', text], ['ranks', text], ['blocks', count], ['critical', flag], ['answered', number], ['distortion_per_10_percent', number], ['distortion_r2', number], ['ms_per_10_percent', number], ['ms_r2', number]], // prettier-ignore
    rows,
    `what becomes of answers from samples of ${table.name} where blocks are lost`,
  );
  return { ...answer, report: { ...answer.report, notes } };
}

const rowsOf = (entries: readonly SampleEntry[]): number => entries.reduce((sum, { rows }) => sum + rows, 0);

/** The classes of a sample's blocks, in the order of the file. */
function classesOf({ rows, blockRows, runs }: Sample): BlockClass[] {
  const classes = new Map<BandName, number[]>();
  for (let block = 0; block * blockRows < rows; block++) {
    const band = runs.bandAt(block * blockRows);
    const blocks = classes.get(band) ?? [];
    blocks.push(block);
    classes.set(band, blocks);
  }
  return [...classes].map(([band, blocks]) => ({ band, blocks }));
}

/** @param whole what was answered from all blocks; null: nothing was asked */
async function rowOf(
  { name, seed }: SampleEntry,
  { band, blocks }: BlockClass,
  losses: BlockLosses,
  whole: AnswerValues | null,
): Promise<Scalar[]> {
  const ranks = band === 'whole' ? 'all' : ranksOfBand(band).map((rank, end) => rank - end).join('–'); // prettier-ignore
  const head = [name, String(band), ranks, blocks.length];
  if (whole === null) return head;
  const isCritical = (await losses.askWithout(new Set(blocks))).values === null;
  const trials = await tryClass(blocks, losses, whole, seed);
  const answered = trials.filter(({ distortion }) => distortion !== null);
  const distortion = fitLine(answered.map((trial) => [trial.share, trial.distortion!])); // it was answered
  const time = fitLine(answered.map((trial) => [trial.share, trial.elapsedMs]));
  const lines = [distortion, time].flatMap((line) => [line?.perUnitShare ?? null, line?.rSquared ?? null]);
  return [...head, isCritical, rounded(answered.length / trials.length), ...lines];
}

/** Discards shares of a class's blocks, drawn at random; each round has all shares, so that a slow moment of the machine meets them all. */
async function tryClass(
  blocks: readonly number[],
  losses: BlockLosses,
  whole: AnswerValues,
  seed: number,
): Promise<Trial[]> {
  const random = seededRandom(seed);
  const counts = new Set([0, ...shares.map((share) => Math.round(share * blocks.length))]);
  const trials: Trial[] = [];
  for (let draw = 0; draw < drawsOfShare; draw++) {
    for (const count of counts) {
      const order = blocks.map((block) => ({ block, by: random.next() })).toSorted((a, b) => a.by - b.by);
      const lost = new Set(order.slice(0, count).map(({ block }) => block));
      const { values, elapsedMs } = await losses.askWithout(lost);
      const distortion = values === null ? null : distortionOf(whole, values);
      trials.push({ share: count / blocks.length, distortion, elapsedMs });
    }
  }
  return trials;
}

/** The line of least squares; null where all shares are the same. */
function fitLine(points: readonly (readonly [share: number, value: number])[]): FittedLine | null {
  if (points.every(([share]) => share === points[0]![0])) return null; // where there are none, none differs
  const pairs = points.map((point) => [...point]);
  const line = linearRegression(pairs);
  const fit = rSquared(pairs, linearRegressionLine(line));
  return { perUnitShare: rounded(line.m * unitShare), rSquared: Number.isFinite(fit) ? rounded(fit) : null };
}

const rounded = (value: number): number => Number(value.toPrecision(digits));
