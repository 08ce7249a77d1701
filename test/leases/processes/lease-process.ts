import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { QueryError, systemClock } from '../../../src/common/index.ts';
import {
  type Fence,
  HeldLease,
  LeaseKeeper,
  LeaseStore,
  requireLease,
  systemTimers,
} from '../../../src/leases/index.ts';
import type { Report, Task } from './messages.ts';
import { openTrialDatabase } from './trial-database.ts';

/*
 * A process of the trials: waits for leases, writes under them as fast as it can until it is told that it lost them, and goes on
 * a little then, as one would that had not heard. Arguments: the database, the term in milliseconds.
 */

const [path = '', termText = ''] = process.argv.slice(2);
const database = openTrialDatabase(path);
const store = new LeaseStore(database, systemClock, `process ${process.pid}`);
const keeper = new LeaseKeeper(store, {
  clock: systemClock,
  timers: systemTimers,
  termMs: Number(termText),
});
const done = new Set<string>();

function send(report: Report): void {
  process.send?.(report);
}

/** A protected write. @returns false where it is refused */
async function write(table: 'writes' | 'commits', fence: Fence): Promise<boolean> {
  try {
    await database.transact(() => {
      requireLease(database, fence);
      database.prepare(`INSERT INTO ${table} (name, token) VALUES (?, ?)`).run(fence.name, fence.token);
    });
    return true;
  } catch (error) {
    if (error instanceof QueryError && error.code === 'LEASE_LOST') return false;
    throw error;
  }
}

/** Writes that are tried after the loss is known. */
const lateTries = 5;

async function lead(name: string, commits: boolean): Promise<void> {
  const lease = await keeper.waitFor(name);
  if (lease === null) throw new Error('nobody called it off');
  if (commits) await write('commits', lease);
  send({ kind: 'leading', name, token: lease.token, atMs: systemClock.nowMs() });
  const { signal } = lease;
  let [accepted, refused, late] = [0, 0, 0];
  while (late < lateTries && !done.has(name)) {
    if (signal.aborted) late++;
    if (await write('writes', lease)) accepted++;
    else refused++;
    await pause(10);
  }
  const committedLate = !commits && (await write('commits', lease));
  await lease.release();
  send({ kind: 'over', name, token: lease.token, accepted, refused, committedLate, wasTold: signal.aborted });
}

/** Holds very many leases for a time and measures what that costs. */
async function hold(count: number, forMs: number): Promise<void> {
  const names = Array.from({ length: count }, (_, place) => `held/${place}`);
  const startedMs = systemClock.monotonicMs();
  const leases = (await keeper.holdAll(names)).filter((outcome) => outcome instanceof HeldLease);
  const acquireMs = systemClock.monotonicMs() - startedMs;
  send({ kind: 'holding', held: leases.length, acquireMs });
  const signals = leases.map(({ signal }) => signal);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const measuredMs = systemClock.monotonicMs();
  await pause(forMs);
  const { user, system } = process.cpuUsage(cpu);
  const elapsedMs = systemClock.monotonicMs() - measuredMs;
  delay.disable();
  const rows = store.list('held/');
  send({
    kind: 'held',
    lost: signals.filter(({ aborted }) => aborted).length,
    invalid: leases.filter((lease) => !lease.isValid()).length,
    renewals: rows.reduce((sum, row) => sum + row.renewals, 0),
    cpuShare: (user + system) / 1000 / elapsedMs,
    delayMaxMs: delay.max / 1e6,
  });
}

/** Tries again and again to get leases that somebody has. */
async function covet(count: number): Promise<void> {
  let [tries, granted] = [0, 0];
  for (let place = 0; !done.has('covet'); place = (place + 7919) % count) {
    const [outcome] = await store.acquire([`held/${place}`], keeper.termMs);
    tries++;
    if (outcome!.kind === 'granted') granted++;
    await pause(20);
  }
  send({ kind: 'coveted', tries, granted });
}

process.on('message', (task: Task) => {
  if (task.kind === 'lead') void lead(task.name, task.commits);
  else if (task.kind === 'hold') void hold(task.count, task.forMs);
  else if (task.kind === 'covet') void covet(task.count);
  else done.add(task.name);
});
process.on('disconnect', () => process.exit());
// A promise that is rejected ends the process, and the trial with it.
send({ kind: 'ready' });
