import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What the command talks to: the process's own streams, or a test's. */
export interface CliStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
}

/** The exit code of a command line that cannot be carried out. */
export const usageExitCode = 2;

/** A failure that is told without a stack trace: a wrong command line, or something amiss around the command. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = usageExitCode,
  ) {
    super(message);
  }
}

/** Writes a text and waits until the stream has taken it. @throws the stream's error, EPIPE where the reader has gone */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** True where an error is the system's and has the code, for example `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The exit code of a run that a signal ended, as shells count: 128 and the signal's number. */
export function interruptedExitCode({ reason }: AbortSignal): number {
  return reason === 'SIGTERM' ? 143 : 130;
}
