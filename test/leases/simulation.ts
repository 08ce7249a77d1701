import {
  type FileSystem,
  nodeFileSystem,
  QueryError,
  type Random,
  seededRandom,
} from '../../src/common/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import {
  type Fence,
  HeldLease,
  LeaseKeeper,
  leaseSchema,
  LeaseStore,
  requireLease,
} from '../../src/leases/index.ts';
import { SimulatedProcess, SimulatedWorld } from './simulated-world.ts';

/*
 * Some processes on one file, each with clocks of its own, that acquire, write, stall, crash and give back as a seed has it, beside
 * a model that knows who may. What must hold is asserted at every step; see `Simulation`.
 */

const termMs = 30_000;
/** How much later than a term after the last renewal a deputy may have the lease: it asks twice a second. */
const takeoverSlackMs = 2000;
const names = ['build/a', 'build/b', 'maintenance'] as const;

/** A device that has everything at once: nothing takes time but what the world lets pass. */
const instantDevice: FileSystem = { ...nodeFileSystem, stat: () => Promise.resolve(null) };

/** What is done wrong on purpose, to see that it is noticed. */
export type PlantedBug = 'tokens-again' | 'no-fence' | 'suspended-clock';

export interface SimulationOptions {
  readonly seed: number;
  /** Wall clocks are set, back and forth, by up to three terms. */
  readonly jumps: boolean;
  readonly steps: number;
  readonly planted?: PlantedBug;
}

/** What came of a run that went well. */
export interface Tally {
  readonly grants: number;
  readonly takeovers: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly lost: number;
}

interface Process {
  readonly process: SimulatedProcess;
  database: Database;
  keeper: LeaseKeeper;
  /** Leases of this life. */
  held: HeldLease[];
}

/** What the model knows of a name. */
interface Right {
  readonly token: number;
  renewals: number;
  /** When it was granted or last renewed, in the world's time. */
  renewedMs: number;
}

/** One run. */
export class Simulation {
  private readonly world = new SimulatedWorld(() => this.check());
  private readonly random: Random;
  private readonly processes: Process[];
  private readonly rights = new Map<string, Right>();
  /** Every token that was ever given. */
  private readonly given: Fence[] = [];
  private tokenMax = 0;
  private tally = { grants: 0, takeovers: 0, accepted: 0, rejected: 0, lost: 0 };
  private readonly log: string[] = [];

  constructor(
    private readonly options: SimulationOptions,
    private readonly path: string,
  ) {
    this.random = seededRandom(options.seed);
    this.processes = ['p', 'q', 'r'].map((name) => {
      const slew = (this.random.next() - 0.5) * 1e-3;
      const process = new SimulatedProcess(this.world, name, slew, options.planted === 'suspended-clock');
      return { process, ...this.start(process), held: [] };
    });
  }

  async run(): Promise<Tally> {
    try {
      for (let step = 0; step < this.options.steps; step++) {
        await this.step();
        await this.world.pass(-Math.log(1 - this.random.next()) * termMs * 0.15);
        this.check();
      }
      await this.checkNews();
      await this.checkTakeover();
      return this.tally;
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.log.slice(-25).join('\n')}`, { cause: error });
    } finally {
      for (const { database } of this.processes) database.close();
    }
  }

  private start(process: SimulatedProcess): Pick<Process, 'database' | 'keeper'> {
    const schema =
      this.options.planted === 'tokens-again' ? leaseSchema.replace('AUTOINCREMENT', '') : leaseSchema;
    const database = openDatabase(this.path, [schema], instantDevice);
    const store = new LeaseStore(database, process.clock, process.name);
    const { clock, timers } = process;
    return { database, keeper: new LeaseKeeper(store, { clock, timers, termMs }) };
  }

  private pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.random.next() * of.length)]!; // next() < 1
  }

  /** How far two wall clocks that nobody set can be apart: each runs wrong by 5e-4 at most. */
  private skewMs(): number {
    return 1 + this.world.nowMs * 1e-3;
  }

  private note(what: string): void {
    this.log.push(`${(this.world.nowMs / 1000).toFixed(3)} s ${what}`);
  }

  private async step(): Promise<void> {
    const each = this.pick(this.processes);
    const choice = this.random.next();
    if (this.options.jumps && choice < 0.08) {
      each.process.stepWallClock((this.random.next() - 0.5) * 6 * termMs);
      this.note(`${each.process.name}'s wall clock is set to ${each.process.wallOffsetMs} ms off`);
    } else if (each.process.isStalled) return;
    else if (choice < 0.45) await this.acquire(each, this.pick(names));
    else if (choice < 0.75) await this.write(each);
    else if (choice < 0.83) await this.release(each);
    else if (choice < 0.93) {
      each.process.stall(this.random.next() * 2.5 * termMs);
      this.note(`${each.process.name} is stopped until ${each.process.stalledUntilMs} ms`);
    } else if (choice < 0.97) this.crash(each);
    else {
      this.note(`${each.process.name} sweeps`);
      await each.keeper.store.sweep();
    }
  }

  private async acquire(each: Process, name: string): Promise<void> {
    this.observe();
    const before = this.rights.get(name);
    const outcome = await each.keeper.hold(name);
    const silentMs = before === undefined ? 0 : this.world.nowMs - before.renewedMs;
    if (!(outcome instanceof HeldLease)) {
      this.note(`${each.process.name} is refused ${name}`);
      this.require(before !== undefined, `${name} was refused though nobody has it`);
      return;
    }
    this.note(`${each.process.name} gets ${name}, token ${outcome.token}`);
    this.require(
      outcome.token > this.tokenMax,
      `token ${outcome.token} was given after token ${this.tokenMax}`,
    );
    this.tokenMax = outcome.token;
    this.given.push({ name, token: outcome.token });
    this.tally.grants++;
    if (before !== undefined) {
      this.tally.takeovers++;
      this.require(
        this.options.jumps || silentMs >= termMs - this.skewMs(),
        `${name} was taken ${silentMs} ms after it had been renewed`,
      );
    }
    each.held.push(outcome);
    this.rights.set(name, { token: outcome.token, renewals: 0, renewedMs: this.world.nowMs });
  }

  private async release(each: Process): Promise<void> {
    if (each.held.length === 0) return;
    this.observe();
    const lease = this.pick(each.held);
    each.held = each.held.filter((other) => other !== lease);
    await lease.release();
    this.note(`${each.process.name} gives back ${lease.name}, token ${lease.token}`);
    if (this.rights.get(lease.name)?.token === lease.token) this.rights.delete(lease.name);
  }

  /** A protected write under any token that was ever given, by whoever: the file cannot know. */
  private async write(each: Process): Promise<void> {
    const held = this.random.next() < 0.5 ? each.held : this.given;
    if (held.length === 0) return;
    this.observe();
    const { name, token } = this.pick(held.slice(-6));
    const accepted = await each.database
      .transact(() => {
        if (this.options.planted !== 'no-fence') requireLease(each.database, { name, token });
        return true;
      })
      .catch((error: unknown) => {
        if (error instanceof QueryError && error.code === 'LEASE_LOST') return false;
        throw error;
      });
    const rightful = this.rights.get(name)?.token === token;
    this.note(`${each.process.name} writes ${name} under token ${token}: ${accepted ? 'done' : 'refused'}`);
    this.require(!accepted || rightful, `a write of ${name} under the stale token ${token} was accepted`);
    this.require(accepted || !rightful, `a write of ${name} under the rightful token ${token} was refused`);
    this.tally[accepted ? 'accepted' : 'rejected']++;
  }

  private crash(each: Process): void {
    this.note(`${each.process.name} is killed and starts anew`);
    each.process.life++;
    each.held = [];
    each.database.close();
    Object.assign(each, this.start(each.process));
  }

  /** Takes note of renewals, and of what was swept. */
  private observe(): void {
    const rows = new Map(this.processes[0]!.keeper.store.list().map((row) => [row.name, row]));
    for (const [name, right] of this.rights) {
      const row = rows.get(name);
      if (row?.token !== right.token) {
        const silentMs = this.world.nowMs - right.renewedMs;
        this.require(row === undefined, `${name} is somebody's whom nobody granted it`);
        this.require(
          this.options.jumps || silentMs >= 2 * termMs - this.skewMs(),
          `${name} was swept ${silentMs} ms after it had been renewed`,
        );
        this.rights.delete(name);
      } else if (row.renewals !== right.renewals) {
        right.renewals = row.renewals;
        right.renewedMs = this.world.nowMs;
      }
    }
  }

  /** At any moment: of a name at most one holder counts on it, and rightly, where no clock was set. */
  private check(): void {
    this.observe();
    for (const name of names) {
      const valid = this.processes.flatMap(({ held, process }) =>
        held.filter((lease) => lease.name === name && !process.isStalled && lease.isValid()),
      );
      if (this.options.jumps) continue;
      this.require(valid.length <= 1, `${valid.length} holders count on ${name}`);
      for (const { token } of valid)
        this.require(this.rights.get(name)?.token === token, `token ${token} is counted on, but stale`);
    }
  }

  /** Within a round of renewals whoever lost a lease knows, and nobody else is told so. */
  private async checkNews(): Promise<void> {
    await this.world.pass(3 * termMs);
    this.observe();
    for (const { held, process } of this.processes) {
      for (const { name, token, signal } of held) {
        const lost = this.rights.get(name)?.token !== token;
        this.require(
          signal.aborted === lost,
          `${process.name} ${lost ? 'was not told that it lost' : 'was told that it lost'} ${name}, token ${token}`,
        );
        if (lost) this.tally.lost++;
      }
    }
  }

  /** All are killed while they hold; a deputy that has been waiting has each lease within a term, even if its clock was set back. */
  private async checkTakeover(): Promise<void> {
    const [first, deputy, other] = this.processes as [Process, Process, Process];
    for (const name of names) await this.acquire(first, name);
    for (const each of [first, other]) this.crash(each);
    this.crash(deputy);
    if (this.options.jumps) deputy.process.wallOffsetMs -= this.random.next() * 100 * termMs;
    // From here on leases are granted whenever the deputy asks.
    this.rights.clear();
    const waiting = names.map((name) => deputy.keeper.waitFor(name));
    await this.world.pass(termMs + takeoverSlackMs);
    const late = Symbol('late');
    for (const [place, name] of names.entries()) {
      const outcome = await Promise.race([
        waiting[place],
        new Promise((resume) => setImmediate(() => resume(late))),
      ]);
      this.require(
        outcome instanceof HeldLease && outcome.token > this.tokenMax,
        `${name} was not taken over in time`,
      );
    }
  }

  private require(holds: boolean, otherwise: string): void {
    if (!holds) throw new Error(otherwise);
  }
}
