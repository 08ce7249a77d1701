import { QueryError, type Random, seededRandom } from '../../../src/common/index.ts';
import { Catalog, catalogMigrations } from '../../../src/catalog/index.ts';
import { type Database, openDatabase } from '../../../src/database/index.ts';
import { openSample } from '../../../src/samples/index.ts';
import { SimulatedProcess, SimulatedWorld } from '../../leases/simulated-world.ts';
import { LossyDevice } from '../../support/lossy-device.ts';
import { folders, type PlantedBug, SimulatedEngine } from './simulated-engine.ts';
import { insist, Ledger, noTally, type Tally } from './ledger.ts';
import { isWhole } from './small-sample.ts';

/*
 * Two processes on one catalog and one device that build, drop, read and collect samples, are stopped, are killed, lose their power,
 * meet a device that fails, and have their clocks set, as a seed has it; beside a model that knows what must hold. Every call of the
 * device takes its time, so that anything can happen between any two of them. SQLite is in memory: what it makes of a power loss is
 * not simulated.
 */

const termMs = 30_000;
const names = ['a', 'b'] as const;
/** Longest that a call of the device takes, and one that waits until the device has it all. */
const callMs = 200;
const syncMs = 1500;

export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
  readonly planted?: PlantedBug;
}

/** A process in this life of its. */
interface Actor {
  readonly process: SimulatedProcess;
  engine: SimulatedEngine;
  /** What it does now, a thing of each kind. */
  busy: Set<string>;
}

/** One run. */
export class Simulation {
  readonly tally: Tally = { ...noTally };
  private readonly world = new SimulatedWorld(() => this.check());
  private readonly random: Random;
  private readonly device = new LossyDevice();
  private readonly database: Database;
  private readonly catalog: Catalog;
  private readonly actors: Actor[];
  private readonly jumps: boolean;
  private faultShare: number;
  private readonly ledger: Ledger;
  private readonly log: string[] = [];
  private broken: Error | null = null;

  constructor(private readonly options: SimulationOptions) {
    this.random = seededRandom(options.seed);
    this.jumps = this.random.next() < 0.3;
    this.faultShare = this.random.next() < 0.4 ? 0.02 : 0;
    this.database = openDatabase(':memory:', catalogMigrations);
    this.ledger = new Ledger(this.database, this.tally, (what) => this.note(what));
    this.catalog = new Catalog(this.shared(() => true));
    this.actors = ['p', 'q'].map((name) => {
      const process = new SimulatedProcess(this.world, name, (this.random.next() - 0.5) * 1e-3, false);
      return { process, engine: this.start(process), busy: new Set<string>() };
    });
  }

  /** @throws Error that says what did not hold, and the latest events */
  async run(): Promise<Tally> {
    try {
      await this.catalog.addTable({ name: 't', source: 't', format: 'parquet', columns: [], files: [], rows: 1, createdMs: 0, isSample: false }); // prettier-ignore
      for (let step = 0; step < this.options.steps; step++) {
        this.step();
        await this.world.pass(-Math.log(1 - this.random.next()) * 2500);
        this.check();
        if (this.broken !== null) throw this.broken;
      }
      await this.checkEnd();
      return this.tally;
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.log.slice(-30).join('\n')}`, { cause: error });
    } finally {
      this.database.close();
    }
  }

  private pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.random.next() * of.length)]!; // next() < 1
  }

  private note(what: string): void {
    this.log.push(`${(this.world.nowMs / 1000).toFixed(3)} s ${what}`);
  }

  /** Resolves when the device has done what it is asked, if the process still lives; or fails. */
  private call(process: SimulatedProcess, life: number, what: string, canFail: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      // Whoever is dead asks for nothing.
      if (process.life !== life) return;
      const fails = canFail && this.random.next() < this.faultShare;
      const longestMs = what.startsWith('sync /') ? syncMs : callMs;
      process.timers.after(this.random.next() * longestMs, () => {
        if (!fails) {
          resolve();
          return;
        }
        this.tally.faults++;
        this.note(`${process.name}: the device fails to ${what}`);
        reject(Object.assign(new Error(what), { code: this.random.next() < 0.5 ? 'EIO' : 'ENOSPC' }));
      });
    });
  }

  /** The one database as a connection of its own. */
  private shared(isAlive: () => boolean): Database {
    const { database } = this;
    const changes = database.prepare('SELECT total_changes() AS n');
    const living = async <T>(work: () => Promise<T>): Promise<T> =>
      isAlive() ? await work() : await new Promise<T>(() => undefined);
    return {
      ...database,
      version: () => changes.get()!['n'] as number, // one row, of a number
      transact: (work) => living(() => database.transact(work)),
      transactLazily: (work) => living(() => database.transactLazily(work)),
    };
  }

  private start(process: SimulatedProcess): SimulatedEngine {
    const { life, name } = process;
    const files = this.device.filesOf((what, isWrite) => this.call(process, life, what, isWrite));
    const shared = this.shared(() => process.life === life);
    const database: Database = {
      ...shared,
      // That the device has it is known a while after the commit; the error of a device that fails may come then.
      transact: async (work) => {
        const done = await shared.transact(work);
        await this.call(process, life, 'sync the catalog', true).catch((cause: unknown) => {
          throw new QueryError('STORAGE', 'the catalog cannot be written', { cause });
        });
        return done;
      },
    };
    return new SimulatedEngine(
      process,
      database,
      { ...files, remove: (path) => this.remove(files.remove(path), `${name} removes ${path}`) },
      {
        onNumber: (number, { name: lease, token }) => {
          this.note(`${name} writes number ${number} under ${lease}, token ${token}`);
          this.ledger.numbers.set(number, { name: lease, token });
        },
        onRead: (read) => void this.ledger.reads.add(read),
        onReadEnd: (read) => void this.ledger.reads.delete(read),
        onAlert: (message) => {
          // A process that stood still may find that the device took too long.
          if (!/was not read within/.test(message)) this.break(message);
        },
      },
      this.options.planted,
    );
  }

  private async remove(removing: Promise<void>, what: string): Promise<void> {
    await removing;
    this.note(what);
    this.tally.collected++;
  }

  private break(what: string): void {
    this.broken ??= new Error(what);
  }

  private step(): void {
    const actor = this.pick(this.actors);
    const { process, engine } = actor;
    const choice = this.random.next();
    const name = this.pick(names);
    const dwell = (): Promise<void> => process.timers.pause(this.random.next() * 5000);
    if (this.jumps && choice < 0.04) {
      process.stepWallClock((this.random.next() - 0.5) * 6 * termMs);
      this.note(`${process.name}'s wall clock is set to ${process.wallOffsetMs} ms off`);
    } else if (choice > 0.985) this.losePower();
    else if (choice > 0.95) this.crash(actor, 'is killed');
    else if (process.isStalled) return;
    else if (choice > 0.91) this.stall(process);
    else if (choice < 0.4) {
      // Most of all those who build are stopped.
      if (this.random.next() < 0.2)
        process.timers.after(this.random.next() * 40 * callMs, () => this.stall(process));
      this.begin(actor, `build ${name}`, () => engine.build(name));
    } else if (choice < 0.65) this.begin(actor, `read ${name}`, () => engine.read(name, dwell));
    else if (choice < 0.8) this.begin(actor, `drop ${name}`, () => engine.drop(name));
    else if (choice < 0.86) this.begin(actor, 'refresh', () => engine.refresh());
    else this.begin(actor, 'collect', () => engine.collect());
  }

  private stall(process: SimulatedProcess): void {
    process.stall(this.random.next() * 2.5 * termMs);
    this.note(`${process.name} is stopped until ${process.stalledUntilMs} ms`);
  }

  /** Begins what the process is not at already. */
  private begin(actor: Actor, what: string, work: () => Promise<void>): void {
    const { process, busy } = actor;
    if (busy.has(what)) return;
    const stalls = process.stalledUntilMs;
    busy.add(what);
    this.note(`${process.name} begins to ${what}`);
    void work().then(
      () => {
        busy.delete(what);
        if (what.startsWith('read')) this.tally.reads++;
        if (what === 'refresh') this.tally.refreshed++;
        this.note(`${process.name} is done with: ${what}`);
      },
      (error: unknown) => {
        busy.delete(what);
        this.note(`${process.name} fails to ${what}: ${String(error)}`);
        if (!(error instanceof QueryError)) this.break(`${what} ended with ${String(error)}`);
        else if (error.code === 'LEASE_LOST') {
          this.tally.lostLeases++;
          const isDisturbed = this.jumps || this.faultShare > 0 || process.stalledUntilMs !== stalls;
          if (!isDisturbed)
            this.break(`${process.name} lost what it was building, though nothing kept it from it`);
        }
        this.tally.failed++;
      },
    );
  }

  private crash(actor: Actor, how: string): void {
    this.note(`${actor.process.name} ${how}`);
    this.tally.crashes++;
    const { process } = actor;
    process.life++;
    process.stalledUntilMs = 0;
    this.ledger.forgetReads(process.name);
    actor.busy = new Set();
    actor.engine = this.start(process);
    const { engine } = actor;
    this.begin(actor, 'collect', () => engine.collect());
  }

  private losePower(): void {
    this.tally.powerLosses++;
    for (const { process } of this.actors) process.life++;
    this.device.losePower(this.random);
    for (const actor of this.actors) this.crash(actor, 'loses its power');
  }

  /** What must hold at any time. */
  private check(): void {
    try {
      this.ledger.checkPublished();
      const latestMs = Math.max(...this.actors.map(({ process }) => process.clock.nowMs()));
      this.ledger.checkReads(latestMs, this.device.list(folders.samples));
    } catch (error) {
      this.break((error as Error).message);
    }
  }

  /** When all is quiet again: nothing is left over, all that was published is whole, and every name can be built. */
  private async checkEnd(): Promise<void> {
    this.faultShare = 0;
    for (const { process } of this.actors) process.wallOffsetMs = 0;
    if (this.random.next() < 0.5) this.losePower();
    else this.crash(this.actors[0]!, 'is killed');
    // What is stopped goes on; what the dead held is over, however far their clocks were ahead.
    await this.world.pass(8 * termMs + Math.max(...this.actors.map(({ process }) => process.wallAheadMs)));
    await this.checkWhole();
    const [actor] = this.actors as [Actor];
    for (const name of names) {
      this.begin(actor, `drop ${name}`, () => actor.engine.drop(name));
      await this.world.pass(termMs);
      this.begin(actor, `build ${name}`, () => actor.engine.build(name));
      await this.world.pass(termMs);
      const built = this.catalog.snapshot().samples.some((each) => each.name === name);
      insist(built, `${name} cannot be built any more`);
    }
    await this.checkWhole();
    if (this.broken !== null) throw this.broken;
  }

  private async checkWhole(): Promise<void> {
    const [actor] = this.actors as [Actor];
    this.begin(actor, 'collect', () => actor.engine.collect());
    await this.world.pass(termMs);
    const { samples } = this.catalog.snapshot();
    const named = samples.flatMap(({ files }) => [files.dataFile, files.strataFile]).sort();
    const found = this.device.list(folders.samples).sort();
    insist(
      JSON.stringify(named) === JSON.stringify(found),
      `the catalog has ${named.join(', ')}, the folder ${found.join(', ')}`,
    );
    const files = this.device.filesOf(() => Promise.resolve());
    for (const { id, name, files: described, trouble } of samples) {
      insist(trouble === undefined, `${name} is ${trouble?.kind}: ${trouble?.reason}`);
      const sample = await openSample(files, folders.samples, described);
      insist(await isWhole(sample, id), `${name} is not what was written`);
    }
  }
}
