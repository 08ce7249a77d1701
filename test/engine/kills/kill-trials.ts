import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Random } from '../../../src/common/index.ts';
import { scratchFolders, stateOf, strayFiles } from '../../support/engine-state.ts';
import { Workspace } from '../../support/workspace.ts';

/** Statements in the middle of which a process is killed. */
export interface KillScenario {
  readonly name: string;
  /** Brings back what was before. */
  readonly before: readonly string[];
  /** What happens to the files in the folder before that, and after. */
  readonly arrange?: (folder: string) => void;
  readonly disturb?: (folder: string) => void;
  /** `$` stands for the folder. */
  readonly statements: readonly string[];
}

/** What came of the kills of one scenario. */
export interface KillOutcome {
  readonly name: string;
  rounds: number;
  /** Killed before the last statement was done. */
  inFlight: number;
  /** Found as before all statements; as after the last one; in between. */
  old: number;
  between: number;
  done: number;
  /** Files that were left behind, before they were collected. */
  left: number;
  /** Longest that a killed builder's lease was good for when it was killed, milliseconds. */
  leaseMs: number;
  /** What was found wrong, in words. */
  readonly wrong: string[];
}

/** Longer than two terms: what the dead held is over. */
const aheadMs = 61_000;

/** Kills processes that work on a folder, and looks at what they leave. */
export class KillTrials {
  private constructor(
    private readonly program: string,
    private readonly work: Workspace,
    private readonly questions: readonly string[],
  ) {}

  /** @param questions are asked to see what state all is in */
  static async open(
    program: string,
    questions: readonly string[],
    prepare: (work: Workspace) => Promise<void>,
  ): Promise<KillTrials> {
    let offsetMs = 0;
    const work = await Workspace.open({
      clock: { nowMs: () => Date.now() + offsetMs, monotonicMs: () => performance.now() + offsetMs },
    });
    offsetMs = aheadMs;
    await prepare(work);
    return new KillTrials(program, work, questions);
  }

  /** Kills a process at random moments of the statements' usual duration. */
  async kill(scenario: KillScenario, rounds: number, random: Random): Promise<KillOutcome> {
    const outcome: KillOutcome = {
      name: scenario.name, rounds, inFlight: 0, old: 0, between: 0, done: 0, left: 0, leaseMs: 0, wrong: [],
    }; // prettier-ignore
    const states = await this.statesOf(scenario);
    const durations: number[] = [];
    for (let round = 0; round < Math.min(3, Math.ceil(rounds / 5)); round++)
      durations.push(await this.usualMs(scenario));
    const usualMs = durations.sort((a, b) => a - b)[durations.length >> 1]!; // at least one
    for (let round = 0; round < rounds; round++) await this.round(scenario, states, random.next() * usualMs * 1.1, outcome); // prettier-ignore
    return outcome;
  }

  async close(): Promise<void> {
    await this.work.close();
  }

  private get dataDir(): string {
    return join(this.work.folder, 'data');
  }

  private sql(statement: string): string {
    return statement.replaceAll('$', this.work.folder);
  }

  private async restore({ arrange, before, disturb }: KillScenario): Promise<void> {
    arrange?.(this.work.folder);
    for (const statement of before) await this.work.query(this.sql(statement));
    disturb?.(this.work.folder);
  }

  /** The states that may be found: before the first statement, and after each. */
  private async statesOf(scenario: KillScenario): Promise<string[]> {
    await this.restore(scenario);
    const states = [await stateOf(this.work.engine, this.questions)];
    for (const statement of scenario.statements) {
      await this.work.query(this.sql(statement));
      states.push(await stateOf(this.work.engine, this.questions));
    }
    return states;
  }

  private async start(): Promise<ChildProcess> {
    const child = fork(this.program, [this.dataDir, this.work.folder], { execArgv: [] });
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    await this.report(child, 'ready');
    return child;
  }

  /** @throws Error where the process ends instead */
  private async report(child: ChildProcess, expected: string): Promise<void> {
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`a process ended by itself: ${code ?? signal}`);
    });
    const [said] = await Promise.race([once(child, 'message'), ended]);
    if (said !== expected) throw new Error(`a process said ${String(said)}`);
  }

  private async usualMs(scenario: KillScenario): Promise<number> {
    await this.restore(scenario);
    await this.work.engine.close();
    const child = await this.start();
    const startedMs = performance.now();
    child.send(scenario.statements.map((statement) => this.sql(statement)));
    await this.report(child, 'done');
    const elapsedMs = performance.now() - startedMs;
    await this.end(child);
    await this.work.reopen();
    return elapsedMs;
  }

  private async end(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  private async round(
    scenario: KillScenario,
    states: readonly string[],
    afterMs: number,
    outcome: KillOutcome,
  ): Promise<void> {
    await this.restore(scenario);
    await this.work.engine.close();
    const child = await this.start();
    let isDone = false;
    child.on('message', () => (isDone = true));
    child.send(scenario.statements.map((statement) => this.sql(statement)));
    await pause(afterMs);
    await this.end(child);
    if (!isDone) outcome.inFlight++;
    this.inspect(outcome);
    await this.work.reopen();
    const found = states.lastIndexOf(await stateOf(this.work.engine, this.questions));
    if (found < 0) outcome.wrong.push(`killed after ${afterMs.toFixed(0)} ms: a state that never was`);
    else if (found === states.length - 1) outcome.done++;
    else if (found === 0) outcome.old++;
    else outcome.between++;
    if (isDone && found !== states.length - 1) outcome.wrong.push('what was done is lost');
    // One is the engine's own.
    const scratch = scratchFolders(this.dataDir).slice(1);
    for (const stray of [...strayFiles(this.dataDir), ...scratch])
      outcome.wrong.push(`${stray} after ${afterMs.toFixed(0)} ms`);
  }

  /** Looks at the folder as the dead process left it. */
  private inspect(outcome: KillOutcome): void {
    const database = new Sqlite(join(this.dataDir, 'catalog.sqlite'));
    try {
      const found = database.pragma('integrity_check', { simple: true });
      if (found !== 'ok') outcome.wrong.push(String(found));
      const leases = database.prepare('SELECT expires_ms FROM leases').pluck().all() as number[]; // declared REAL
      for (const expiresMs of leases) outcome.leaseMs = Math.max(outcome.leaseMs, expiresMs - Date.now());
    } finally {
      database.close();
    }
    outcome.left += strayFiles(this.dataDir).length;
  }
}
