import { type Random, seededRandom } from '../../../../src/common/index.ts';
import {
  AdmissionController,
  type AdmissionOptions,
  Stage,
  type StageOptions,
  type Work,
} from '../../../../src/server/stages/index.ts';
import { SimulatedClock } from './simulated-clock.ts';

/** Answers of a simulated server are wanted within it. */
export const targetMs = 500;
/** Places of its pool, and what a work takes on average where nothing is degraded: so it can do 100 a second. */
const [places, meanMs] = [2, 20];
export const capacityPerSecond = (places * 1000) / meanMs;

/** A time of constant load. */
export interface Phase {
  readonly seconds: number;
  /** By capacity. */
  readonly load: number;
}

export interface LoadOptions {
  readonly phases: readonly Phase[];
  readonly seed: number;
  /** Left out: everything is admitted, nothing is degraded. */
  readonly admission?: Partial<AdmissionOptions>;
  readonly stage?: Partial<StageOptions<Query>>;
  /** Share of works that may be degraded. Default 0.7. */
  readonly degradable?: number;
  /** What predictions are multiplied by. Default 1. */
  readonly bias?: number;
  /** Who asks. Default: one of eight. */
  readonly clientOf?: (random: Random) => string;
}

/** What is asked of the simulated server. */
export interface Query {
  readonly arrivedMs: number;
  readonly client: string;
  readonly fullMs: number;
  readonly isDegradable: boolean;
  outcome: 'none' | 'served' | 'shed' | 'dropped' | 'failed';
  outcomes: number;
  /** When that came. */
  endedMs: number;
  /** Of rows that degradable works read, when it was refused or began. */
  share: number;
}

export interface Trace {
  readonly atMs: number;
  readonly level: number;
  readonly rate: number;
}

export interface LoadResult {
  readonly queries: readonly Query[];
  /** Ten a second, of admission. */
  readonly trace: readonly Trace[];
}

/** Part of a degradable work's cost that does not depend on rows. */
const fixedShare = 0.2;
/** The least share of rows that works read: admission's default. */
const leastShare = 1 / 16;
/** After the last arrival. */
const restMs = 600_000;

/** Poisson arrivals, open loop: who asks does not wait for answers. Costs are exponential, predictions off by a factor (log-normal). */
export async function simulateLoad(options: LoadOptions): Promise<LoadResult> {
  const clock = new SimulatedClock();
  const random = seededRandom(options.seed);
  const queries: Query[] = [];
  const trace: Trace[] = [];
  const admission =
    options.admission === undefined
      ? null
      : new AdmissionController({ clock, targetMs, backlog: () => stage, ...options.admission });
  const end = (query: Query, outcome: Query['outcome']): void => {
    Object.assign(query, { outcome, outcomes: query.outcomes + 1, endedMs: clock.nowMs() });
  };
  const stage: Stage<Query> = new Stage<Query>({
    name: 'execute',
    clock,
    queue: { countMax: 100_000, bytesMax: Infinity, patienceMaxMs: targetMs },
    pool: { least: places, most: places },
    handle: async ([work]) => {
      const query = work!.payload; // alone
      if (query.isDegradable) query.share = admission?.share ?? 1;
      await clock.pause(
        query.fullMs * (query.isDegradable ? fixedShare + (1 - fixedShare) * query.share : 1),
      );
    },
    onServed: ({ payload, predictedMs }, { responseMs, costMs }) => {
      end(payload, 'served');
      admission?.served({ ...payload, predictedMs, responseMs, costMs });
    },
    onFailed: ({ payload }) => end(payload, 'failed'),
    onDropped: ({ payload }) => end(payload, 'dropped'),
    ...options.stage,
  });
  const arrive = (): void => {
    const query: Query = {
      arrivedMs: clock.nowMs(),
      client: options.clientOf?.(random) ?? `client ${Math.floor(random.next() * 8)}`,
      fullMs: -Math.log(1 - random.next()) * meanMs,
      isDegradable: random.next() < (options.degradable ?? 0.7),
      outcome: 'none',
      outcomes: 0,
      endedMs: Number.NaN,
      share: 1,
    };
    queries.push(query);
    const predictedMs = query.fullMs * (options.bias ?? 1) * Math.exp(0.5 * normal(random) - 0.125);
    if (admission !== null && !admission.admit({ ...query, predictedMs }).admitted) {
      query.share = admission.share;
      end(query, 'shed');
    } else if (stage.enqueue(workOf(query, predictedMs)) !== 'queued') end(query, 'shed');
  };
  let startMs = 0;
  for (const { seconds, load } of options.phases) {
    const endMs = startMs + seconds * 1000;
    const next = (): void => {
      const waitMs = (-Math.log(1 - random.next()) * 1000) / (load * capacityPerSecond);
      if (clock.nowMs() + waitMs < endMs)
        clock.after(waitMs, () => {
          arrive();
          next();
        });
    };
    clock.after(startMs - clock.nowMs(), next);
    startMs = endMs;
  }
  for (let atMs = 100; atMs <= startMs; atMs += 100)
    clock.after(atMs, () => {
      if (admission === null) return;
      const { level, rate } = admission.metrics();
      trace.push({ atMs, level, rate });
    });
  await clock.run(startMs + restMs);
  return { queries, trace };
}

const workOf = (query: Query, predictedMs: number): Work<Query> => ({
  payload: query,
  client: query.client,
  bytes: 1000,
  arrivedMs: query.arrivedMs,
  deadlineMs: null,
  predictedMs,
  batchKey: null,
  isAbandoned: () => false,
});

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** What came of the queries that arrived in a time. */
export interface Summary {
  readonly offered: number;
  readonly served: number;
  /** Answers within the target, a second. */
  readonly goodput: number;
  readonly p99Ms: number;
  readonly shed: number;
  /** Of these, those who were when works could still have been degraded. */
  readonly shedEarly: number;
  /** Mean share of rows that degradable works have read. */
  readonly share: number;
}

export function summarise({ queries }: LoadResult, fromMs: number, toMs: number): Summary {
  const offered = queries.filter(({ arrivedMs }) => arrivedMs >= fromMs && arrivedMs < toMs);
  const served = offered.filter(({ outcome }) => outcome === 'served');
  const shed = offered.filter(({ outcome }) => outcome === 'shed');
  const times = served.map(({ arrivedMs, endedMs }) => endedMs - arrivedMs).sort((a, b) => a - b);
  const degradable = served.filter(({ isDegradable }) => isDegradable);
  return {
    offered: offered.length,
    served: served.length,
    goodput: (times.filter((ms) => ms <= targetMs).length * 1000) / (toMs - fromMs),
    p99Ms: times[Math.ceil(0.99 * times.length) - 1] ?? Number.NaN,
    shed: shed.length,
    shedEarly: shed.filter(({ share }) => share > leastShare).length,
    share: degradable.reduce((sum, { share }) => sum + share, 0) / degradable.length,
  };
}
