import type { Worker } from 'node:worker_threads';
import { systemEnvironment } from '../../src/engine/environment.ts';
import type { ToThread } from '../../src/executor/threads/messages.ts';
import type { TaskFault } from '../../src/executor/threads/task-faults.ts';

type GivenShare = Extract<ToThread, { kind: 'share' }>;

/** Threads as engines start them, which tell when they are given rows to read, and to which things may happen then. */
export class WatchedThreads {
  /** How often they were given something in all. */
  shares = 0;
  /** Called when a thread is given rows to read. @returns what is to happen to it; null: what was planted, if anything */
  onShare: (thread: Worker) => TaskFault | null = () => null;
  /** What threads have been given and have not answered yet, in order. */
  private readonly given = new Map<Worker, GivenShare[]>();
  /** Blocks whose reading a thread's end has interrupted. */
  private readonly interrupted = new Set<number>();

  readonly start = (): Worker => {
    const thread = systemEnvironment.startThread();
    const shares: GivenShare[] = [];
    this.given.set(thread, shares);
    thread.on('message', () => shares.shift());
    thread.on('exit', () => {
      this.given.delete(thread);
      for (const { lastRow } of shares[0]?.tasks ?? []) this.interrupted.add(lastRow);
    });
    const post = thread.postMessage.bind(thread);
    thread.postMessage = (message: ToThread) => {
      if (message.kind === 'share') {
        shares.push(message);
        this.shares++;
        post({ ...message, fault: this.onShare(thread) ?? message.fault });
      } else post(message);
    };
    return thread;
  };

  /** Nothing happens to them any more, and nothing has. */
  leaveAlone(): void {
    this.onShare = () => null;
    this.interrupted.clear();
  }

  /** Whether a thread may end without the same block being interrupted twice. */
  mayEnd(thread: Worker): boolean {
    const shares = this.given.get(thread) ?? [];
    return shares.every(({ tasks }) => tasks.every(({ lastRow }) => !this.interrupted.has(lastRow)));
  }

  /** Asks again and again until threads are given rows of it; the first time it is read while they start. */
  async askUntilShared<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 100; tries++) {
      const before = this.shares;
      const answer = await ask();
      if (this.shares > before) return answer;
      await systemEnvironment.timers.pause(20);
    }
    throw new Error('no thread was given anything');
  }
}
