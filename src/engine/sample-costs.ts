import type { Profile, Repeated, Work } from './profile.ts';
import type { Loads, RunControl } from './run-control.ts';

/** How much there is to do for an answer from a sample; see {@link Work}. */
export interface SampleWork {
  /** Of all samples that the statement reads. */
  readonly load: number;
  readonly read: number;
  readonly estimate: number;
}

/** A query over a sample: the work that was done on it, and how long estimating took, milliseconds. */
interface Worked {
  readonly workDone: SampleWork;
  readonly estimateMs: number;
}

/** A sample's turn in a statement. */
export interface Turn {
  readonly isFirst: boolean;
  /** What the statement had taken when the turn began. */
  readonly elapsedMs: number;
  readonly loads: Loads;
  /** What was read of the sample before, and what estimating had taken. */
  readonly read: number;
  readonly estimateMs: number;
  /** Work on other samples that falls into the turn. */
  readonly probes: readonly Worked[];
}

/**
 * The turn of the sample that is tried first begins with the statement: samples are probed to choose it.
 * @param probed with it
 * @param waitedMs before the engine had the statement
 */
export function firstTurn<Q extends Worked>(own: Q, probed: readonly Q[], waitedMs = 0): Turn {
  const probes = probed.filter((each) => each !== own);
  return {
    isFirst: true,
    elapsedMs: waitedMs,
    loads: { bytes: 0, tookMs: 0 },
    read: 0,
    estimateMs: 0,
    probes,
  };
}

/** The turn of a sample that is tried behind another, which begins now. */
export function nextTurn(control: RunControl, { workDone: { read }, estimateMs }: Worked): Turn {
  const { loads } = control;
  return { isFirst: false, elapsedMs: control.elapsedMs(), loads, read, estimateMs, probes: [] };
}

/** Bytes are bytes, whatever asks for them. */
const loadShape = 'columns';

/** What an answer from one sample should cost, by what others have cost. */
export class SampleCosts {
  /** The whole of the sample's turn, and what is left when some of it is done: that is never the first of its kind. */
  private readonly whole: { readonly read: Work; readonly estimate: Work };
  private readonly rest: { readonly read: Work; readonly estimate: Work };

  /** @param shape of the statement, and of the sample */
  constructor(
    private readonly profile: Profile,
    private readonly shape: string,
    private readonly turn: Turn,
  ) {
    const read: Repeated = turn.isFirst ? 'read' : 'next';
    this.rest = { read, estimate: 'estimate' };
    this.whole = profile.isWarm(shape) ? this.rest : { read: `first ${read}`, estimate: 'first estimate' };
  }

  /** Time for the whole answer, from the statement's start, milliseconds. */
  predictMs(work: SampleWork): number {
    const { load, read, estimate } = this.inTurn(work);
    const { profile, shape, whole, turn } = this;
    return (
      turn.elapsedMs +
      this.loadMs(load) +
      profile.predictMs(whole.read, shape, read) +
      profile.predictMs(whole.estimate, shape, estimate)
    );
  }

  /** Time for what is left to do, milliseconds; the sample's estimates are made anew of all rows, and other samples are done with. */
  restMs(all: SampleWork, done: SampleWork): number {
    const [inAll, before] = [this.inTurn(all), this.inTurn(done)];
    const { profile, shape, rest } = this;
    return (
      this.loadMs(all.load - done.load) +
      profile.predictMs(rest.read, shape, inAll.read) -
      profile.predictMs(rest.read, shape, before.read) +
      profile.predictMs(rest.estimate, shape, all.estimate)
    );
  }

  /** @param done of the work, until now @param estimateMs what estimating took on this sample */
  learn(done: SampleWork, control: RunControl, estimateMs: number): void {
    const { turn, profile, shape, whole } = this;
    const { load, read, estimate } = this.inTurn(done);
    const loadMs = control.loads.tookMs - turn.loads.tookMs;
    const estimatingMs = sum(turn.probes, (probe) => probe.estimateMs) + estimateMs - turn.estimateMs;
    profile.learn('load', loadShape, load, loadMs);
    profile.learn(whole.read, shape, read, control.elapsedMs() - turn.elapsedMs - loadMs - estimatingMs);
    profile.learn(whole.estimate, shape, estimate, estimatingMs);
    profile.warm(shape);
  }

  /** The part of a sample's work that falls into its turn, and the probes of others. */
  private inTurn({ load, read, estimate }: SampleWork): SampleWork {
    const { loads, probes, read: before } = this.turn;
    return {
      load: load - loads.bytes,
      read: read - before + sum(probes, ({ workDone }) => workDone.read),
      estimate: estimate + sum(probes, ({ workDone }) => workDone.estimate),
    };
  }

  private loadMs(bytes: number): number {
    return bytes > 0 ? this.profile.predictMs('load', loadShape, bytes) : 0;
  }
}

function sum(probes: readonly Worked[], of: (probe: Worked) => number): number {
  return probes.reduce((total, probe) => total + of(probe), 0);
}
