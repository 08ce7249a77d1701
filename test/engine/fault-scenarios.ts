import { join } from 'node:path';
import { QueryError } from '../../src/index.ts';
import { scratchFolders, stateOf, strayFiles } from '../support/engine-state.ts';
import { type FaultKind, FaultyDevice } from '../support/faults.ts';
import { Workspace } from '../support/workspace.ts';

/** Statements that a device fails, and those that bring back what was before. */
export interface Scenario {
  readonly name: string;
  /** Its rounds take long. */
  readonly isSlow?: true;
  /** Run once. */
  readonly given: readonly string[];
  /** Run before each round: what was before. */
  readonly before: readonly string[];
  /** What happens to the files in the folder before these, and after. */
  readonly arrange?: (folder: string) => void;
  readonly disturb?: (folder: string) => void;
  /** Fails at each of its calls in turn; null: opening the engine does. */
  readonly statement: string | null;
}

/** Longest that a statement may take, whatever the device does. */
const patienceMs = 20_000;

/** What is shown of samples that the device did not give when they were read, and of others. */
const leftOut = /"state":"(damaged|unavailable)","trouble":"the sample file [^"]* cannot be read[^"]*"/g;
const sound = '"state":"sound","trouble":null';

/** What is read of the world: the samples there are and what is answered. */
type State = string;

/** An engine on a device that can be made to fail, and what it answers. */
export class FaultTrial {
  readonly device = new FaultyDevice();
  private aheadMs = 0;
  private work!: Workspace;

  private constructor(
    private readonly scenario: Scenario,
    private readonly questions: readonly string[],
  ) {}

  /** @param questions are asked to see what state all is in */
  static async open(
    scenario: Scenario,
    questions: readonly string[],
    prepare: (work: Workspace) => Promise<void>,
  ): Promise<FaultTrial> {
    const trial = new FaultTrial(scenario, questions);
    const { files, openSqlite } = trial.device;
    trial.work = await Workspace.open({
      files,
      openSqlite,
      clock: {
        nowMs: () => Date.now() + trial.aheadMs,
        monotonicMs: () => performance.now() + trial.aheadMs,
      },
    });
    await prepare(trial.work);
    for (const sql of scenario.given) await trial.run(sql);
    return trial;
  }

  /**
   * Lets each call fail in turn.
   * @param stride more than 1: only every so manieth
   * @returns how many rounds; how many of them ended with an error
   */
  async everyCall(
    kind: FaultKind,
    lasting: boolean,
    stride: number,
  ): Promise<{ rounds: number; errors: number }> {
    const { device, scenario } = this;
    await this.restore();
    const old = await this.state();
    if (scenario.statement !== null) await this.run(scenario.statement);
    const done = await this.state();
    let [rounds, errors] = [0, 0];
    for (let at = 1; ; at += stride) {
      rounds++;
      await this.restore();
      if (scenario.statement === null) await this.work.engine.close();
      device.arm(kind, at, lasting);
      const error = await this.attempt(scenario.statement);
      // What goes on behind the statement meets the fault too.
      await new Promise((resume) => setTimeout(resume, 1));
      const { hit } = device;
      device.heal();
      if (scenario.statement === null && error !== null) await this.work.start();
      if (hit === null && error !== null) throw error;
      const where = `${kind.name} ${lasting ? 'from' : 'at'} call ${at}, ${hit}`;
      if (error !== null) errors++;
      await this.check(kind, where, error === null ? [done] : [old, done]);
      if (rounds % 4 === 0) await this.checkAnew(kind, where, error === null ? [done] : [old, done]);
      if (hit === null) return { rounds, errors };
    }
  }

  async close(): Promise<void> {
    this.device.heal();
    await this.work.close();
  }

  private async run(sql: string): Promise<void> {
    await this.work.query(sql.replaceAll('$', this.work.folder));
  }

  private async restore(): Promise<void> {
    const { arrange, before, disturb } = this.scenario;
    arrange?.(this.work.folder);
    for (const sql of before) await this.run(sql);
    disturb?.(this.work.folder);
  }

  /** @returns the error that the statement ends with; null: it succeeds */
  private async attempt(sql: string | null): Promise<QueryError | null> {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`nothing came of ${sql ?? 'opening'}`)), patienceMs).unref();
    });
    try {
      await Promise.race([sql === null ? this.work.start() : this.run(sql), late]);
      return null;
    } catch (error) {
      if (error instanceof QueryError) return error;
      throw new Error(`not a QueryError, at ${this.device.hit}: ${String(error)}`, { cause: error });
    }
  }

  private state(): Promise<State> {
    return stateOf(this.work.engine, this.questions);
  }

  /** What must hold when the device is well again; of a sample that it did not give nothing is read, which changes no answer. */
  private async check({ calls }: FaultKind, where: string, allowed: readonly State[]): Promise<void> {
    const found = await this.state();
    const state = calls.includes('read') ? found.replaceAll(leftOut, sound) : found;
    if (!allowed.includes(state)) throw new Error(`${where}: ${state}\nis none of\n${allowed.join('\n')}`);
  }

  /** The same in another process that opens the folder, which collects; then the same statement works. */
  private async checkAnew(kind: FaultKind, where: string, allowed: readonly State[]): Promise<void> {
    this.aheadMs += 61_000;
    await this.work.reopen();
    await this.check(kind, `opened anew after ${where}`, allowed);
    const data = join(this.work.folder, 'data');
    // One is the engine's own.
    const orphans = [...strayFiles(data), ...scratchFolders(data).slice(1)];
    if (orphans.length > 0) throw new Error(`${where}: left ${orphans.join(', ')}`);
  }
}
