import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../../src/common/index.ts';
import type { Database } from '../../../src/database/index.ts';
import { SpawnedProcess } from './spawned-process.ts';
import { isLocked, openTrialDatabase } from './trial-database.ts';

/** Where trials take place. */
export interface TrialPlace {
  /** The bundled lease-process.ts. */
  readonly program: string;
  /** A file of SQLite, made where there is none; builders have one for each lane. */
  readonly database: string;
  readonly termMs: number;
}

/** What trials came to. */
export interface TrialResult {
  readonly rounds: number;
  /** From the holder's being stopped or killed until the next one had the lease, milliseconds. */
  readonly takeoverMs: readonly number[];
  /** Protected writes that were done, in all. */
  readonly writes: number;
  /** Writes that were refused their writers, in all. */
  readonly refused: number;
  /** Writes of a holder that come behind one of its successor. */
  readonly staleWrites: number;
  /** Grants of a token that was not larger than all before it of the same name. */
  readonly tokensNotLarger: number;
  /** Builds that were not committed exactly once. */
  readonly wrongCommits: number;
  /** Holders that went on and were not told of their loss. */
  readonly untold: number;
  /**
   * Stops beside the rounds that hit the holder in a transaction: it kept the file's lock, so that nobody could write or take the
   * lease before it went on.
   */
  readonly blocked: number;
}

interface Round {
  readonly takeoverMs: number;
  readonly tokens: readonly number[];
  readonly refused: number;
  readonly untold: number;
  readonly blocked: number;
}

/** How much later than a term a lease may be taken over. */
export const takeoverSlackMs = 2000;

/** How often in a row chance may stop a holder in a transaction. */
const blockedMax = 20;

/** So many trials run beside each other, in one file. */
const lanes = 4;

/**
 * A builder is stopped (SIGSTOP) for twice its term and then goes on, while another one waits for the build: it takes over, commits,
 * and the first one must not.
 */
export async function stopBuilders(place: TrialPlace, rounds: number, seed: number): Promise<TrialResult> {
  const all = await inLanes(rounds, seed, async (lane, share, random) => {
    // Files of their own: a process that is stopped in a transaction keeps a file's lock, and all others from theirs.
    const database = laneFile(place, lane);
    const first = await SpawnedProcess.start(place.program, database, place.termMs);
    const second = await SpawnedProcess.start(place.program, database, place.termMs);
    try {
      const results: Round[] = [];
      for (let round = 0; round < share; round++) {
        const name = `build/${lane}-${round}`;
        first.ask({ kind: 'lead', name, commits: false });
        const held = await first.report('leading', name);
        second.ask({ kind: 'lead', name, commits: true });
        let [stoppedMs, blocked] = [0, -1];
        do {
          await pause(random.next() * place.termMs * 0.5);
          stoppedMs = Date.now();
          first.stop();
          await pause(2 * place.termMs);
          while (!second.hasReport('leading', name) && !isLocked(database)) {
            if (Date.now() > stoppedMs + place.termMs + takeoverSlackMs)
              throw new Error(`${name} was not taken over`);
            await pause(50);
          }
          first.goOn();
          blocked++;
        } while (!second.hasReport('leading', name) && blocked < blockedMax);
        const taken = await second.report('leading', name);
        const over = await first.report('over', name);
        second.ask({ kind: 'done', name });
        await second.report('over', name);
        results.push({
          takeoverMs: taken.atMs - stoppedMs,
          tokens: [held.token, taken.token],
          refused: over.refused + (over.committedLate ? 0 : 1),
          untold: over.wasTold ? 0 : 1,
          blocked,
        });
      }
      return results;
    } finally {
      await first.kill();
      await second.kill();
    }
  });
  const files = [];
  for (let lane = 0; lane < Math.min(lanes, rounds); lane++) files.push(laneFile(place, lane));
  return inspect(files, all, 'build/');
}

/** A leader is killed (SIGKILL) in the middle of its work, its deputy takes over, and is killed in turn. */
export async function killLeaders(place: TrialPlace, rounds: number, seed: number): Promise<TrialResult> {
  const all = await inLanes(rounds, seed, async (lane, share, random) => {
    const name = `maintenance/${lane}`;
    const start = async (): Promise<SpawnedProcess> => {
      const started = await SpawnedProcess.start(place.program, place.database, place.termMs);
      started.ask({ kind: 'lead', name, commits: false });
      return started;
    };
    let leader = await start();
    let deputy = await start();
    let { token } = await leader.report('leading', name);
    try {
      const results: Round[] = [];
      for (let round = 0; round < share; round++) {
        await pause(random.next() * place.termMs * 0.5);
        const killedMs = Date.now();
        await leader.kill();
        const taken = await deputy.report('leading', name);
        results.push({
          takeoverMs: taken.atMs - killedMs,
          tokens: [token, taken.token],
          refused: 0,
          untold: 0,
          blocked: 0,
        });
        ({ token } = taken);
        leader = deputy;
        deputy = await start();
      }
      return results;
    } finally {
      await leader.kill();
      await deputy.kill();
    }
  });
  return inspect([place.database], all, 'maintenance/');
}

async function inLanes(
  rounds: number,
  seed: number,
  run: (lane: number, share: number, random: ReturnType<typeof seededRandom>) => Promise<Round[]>,
): Promise<Round[]> {
  const shares = Array.from({ length: lanes }, (_, lane) => Math.ceil((rounds - lane) / lanes));
  const runs = shares
    .map((share, lane) => ({ share, lane }))
    .filter(({ share }) => share > 0)
    .map(({ share, lane }) => run(lane, share, seededRandom(seed + lane)));
  const settled = await Promise.allSettled(runs);
  return settled.flatMap((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

const laneFile = ({ database }: TrialPlace, lane: number): string => `${database}-${lane}`;

/** What the files say of it: rows are in the order in which they were committed. */
function inspect(files: readonly string[], rounds: readonly Round[], prefix: string): TrialResult {
  const databases = files.map(openTrialDatabase);
  const count = (sql: string, ...parameters: readonly string[]): number =>
    databases.reduce((sum, database) => sum + countOf(database, sql, ...parameters), 0);
  const result: TrialResult = {
    rounds: rounds.length,
    takeoverMs: rounds.map(({ takeoverMs }) => takeoverMs),
    writes: count('SELECT count(*) AS n FROM writes WHERE instr(name, ?) = 1', prefix),
    refused: rounds.reduce((sum, { refused }) => sum + refused, 0),
    staleWrites: count(`SELECT count(*) AS n FROM
      (SELECT token, max(token) OVER (PARTITION BY name ORDER BY id) AS latest FROM writes) WHERE token < latest`),
    tokensNotLarger: rounds.filter(({ tokens: [before = 0, after = 0] }) => after <= before).length,
    wrongCommits: prefix === 'build/' ? rounds.length - count(committedOnce) : 0,
    untold: rounds.reduce((sum, { untold }) => sum + untold, 0),
    blocked: rounds.reduce((sum, { blocked }) => sum + blocked, 0),
  };
  for (const database of databases) database.close();
  return result;
}

const countOf = (database: Database, sql: string, ...parameters: readonly string[]): number =>
  database.prepare(sql).get(...parameters)!['n'] as number; // one row, of a count

const committedOnce =
  'SELECT count(*) AS n FROM (SELECT name FROM commits GROUP BY name HAVING count(*) = 1)';

/** What holding many leases came to. */
export interface HoldResult {
  readonly held: number;
  readonly acquireMs: number;
  readonly renewals: number;
  readonly cpuShare: number;
  readonly delayMaxMs: number;
  /** Leases that their holder lost, or did not count on at the end; leases that somebody else got. */
  readonly lost: number;
  readonly invalid: number;
  readonly granted: number;
  /** How often somebody else tried. */
  readonly tries: number;
}

/** One process holds so many leases for so long, while another one tries to get them. */
export async function holdMany(place: TrialPlace, count: number, forMs: number): Promise<HoldResult> {
  const holder = await SpawnedProcess.start(place.program, place.database, place.termMs);
  const other = await SpawnedProcess.start(place.program, place.database, place.termMs);
  try {
    holder.ask({ kind: 'hold', count, forMs });
    const { held, acquireMs } = await holder.report('holding');
    other.ask({ kind: 'covet', count });
    const { lost, invalid, renewals, cpuShare, delayMaxMs } = await holder.report('held');
    other.ask({ kind: 'done', name: 'covet' });
    const { tries, granted } = await other.report('coveted');
    return { held, acquireMs, renewals, cpuShare, delayMaxMs, lost, invalid, granted, tries };
  } finally {
    await holder.kill();
    await other.kill();
  }
}
