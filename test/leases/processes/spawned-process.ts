import { type ChildProcess, fork } from 'node:child_process';
import type { Report, Task } from './messages.ts';

/** A process of the trials, as seen from outside. */
export class SpawnedProcess {
  private readonly reports: Report[] = [];
  private waiting: (() => void)[] = [];
  private failure: string | null = null;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (report: Report) => {
      this.reports.push(report);
      this.wake();
    });
    // Nobody is to stay behind, least of all one that is stopped.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.on('exit', (code, signal) => {
      process.off('exit', end);
      this.failure = `a process ended by itself: ${code ?? signal}`;
      this.wake();
    });
  }

  /** @param program the bundled lease-process.ts */
  static async start(program: string, database: string, termMs: number): Promise<SpawnedProcess> {
    const started = new SpawnedProcess(fork(program, [database, String(termMs)], { execArgv: [] }));
    await started.report('ready');
    return started;
  }

  ask(task: Task): void {
    this.child.send(task);
  }

  /** The first report of its kind that nobody has taken yet; of a lease where one is named. */
  async report<K extends Report['kind']>(kind: K, name?: string): Promise<Extract<Report, { kind: K }>> {
    for (;;) {
      const place = this.find(kind, name);
      if (place >= 0) return this.reports.splice(place, 1)[0] as Extract<Report, { kind: K }>; // of that kind
      if (this.failure !== null) throw new Error(this.failure);
      await new Promise<void>((resume) => this.waiting.push(resume));
    }
  }

  /** True: there is a report that {@link report} would return at once. */
  hasReport(kind: Report['kind'], name?: string): boolean {
    return this.find(kind, name) >= 0;
  }

  private find(kind: Report['kind'], name: string | undefined): number {
    return this.reports.findIndex(
      (each) => each.kind === kind && (name === undefined || ('name' in each && each.name === name)),
    );
  }

  /** Stops it as it stands, in the middle of whatever it does. */
  stop(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resume) => this.child.once('exit', resume));
    this.child.kill('SIGKILL');
    await gone;
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}
