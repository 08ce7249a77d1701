import type { Worker } from 'node:worker_threads';
import { systemEnvironment } from '../../src/engine/environment.ts';
import type {
  FromStatementThread,
  ThreadData,
  ToStatementThread,
} from '../../src/engine/threads/messages.ts';

/** Threads as engines start them, which tell what they are asked and what they answer. */
export class WatchedStatementThreads {
  asked = 0;
  answered = 0;
  givenBack = 0;
  takenBack = 0;
  readonly running = new Set<Worker>();
  /** Called when a thread is asked. */
  onAsked: (thread: Worker) => void = () => undefined;

  readonly start = (data: ThreadData): Worker => {
    const thread = systemEnvironment.startStatementThread(data);
    this.running.add(thread);
    thread.on('exit', () => this.running.delete(thread));
    thread.on('message', (message: FromStatementThread) => {
      if (message.kind !== 'answered') return;
      for (const { answer } of message.answers)
        if (typeof answer === 'string') this.givenBack++;
        else this.answered++;
    });
    const post = thread.postMessage.bind(thread);
    thread.postMessage = (message: ToStatementThread) => {
      post(message);
      if (message.kind === 'take-back') this.takenBack++;
      if (message.kind !== 'answer') return;
      this.asked++;
      this.onAsked(thread);
    };
    return thread;
  };

  reset(): void {
    this.onAsked = () => undefined;
    this.asked = this.answered = this.givenBack = this.takenBack = 0;
  }
}
