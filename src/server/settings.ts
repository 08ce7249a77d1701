import type { JobOptions } from '../engine/control.ts';

/** How a server is to run; {@link defaultSettings} says what where nothing is said. */
export interface ServerSettings {
  /** An address of this machine, or `localhost`. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  readonly limits: LimitSettings;
  readonly load: LoadSettings;
  readonly jobs: JobSettings;
}

/** How jobs are run. */
export type JobSettings = Required<Omit<JobOptions, 'runnerTermMs'>>;

/** What the server does where there is too much to do. See docs/operations.md, "The server under load". */
export interface LoadSettings {
  /** False: every statement runs as soon as it comes, whatever that does to the others. For comparison. */
  readonly isControlled: boolean;
  /** Nine in ten statements are to be answered within it, milliseconds. */
  readonly targetMs: number;
  /** Of the rows of a sample that a statement without an error bound reads at least, in (0, 1]; 1: nothing is cut short. */
  readonly leastShare: number;
  /** Most statements that wait before each stage, and most bytes of them. */
  readonly queueMax: number;
  readonly queueBytesMax: number;
}

/** What a request and a connection may take. */
export interface LimitSettings {
  /** The largest body, bytes: statements end at 64 KiB, the rest is for parameters. */
  readonly bodyBytesMax: number;
  /** Time to send a request in, milliseconds. */
  readonly receiveMs: number;
  /** Time that a connection may be silent, milliseconds. It ends the longest statement too, unless its answers are sent as events. */
  readonly silenceMs: number;
  /** Time that a connection is kept for a next request, milliseconds. */
  readonly keepAliveMs: number;
  /** Rows of an answer that are sent at most. */
  readonly rowsMax: number;
  /** Time that a client may take nothing of its answer, milliseconds. */
  readonly stallMs: number;
  /** Time that running statements have to finish when the server closes, milliseconds. */
  readonly graceMs: number;
}

export const defaultSettings: ServerSettings = {
  host: '127.0.0.1',
  port: 8765,
  logLevel: 'info',
  limits: {
    bodyBytesMax: 256 * 1024,
    receiveMs: 30_000,
    silenceMs: 10 * 60_000,
    keepAliveMs: 10_000,
    rowsMax: 1_000_000,
    stallMs: 30_000,
    graceMs: 5000,
  },
  jobs: {
    termMs: 30_000,
    keepMs: 3_600_000,
    runningMax: 1,
    ownerMax: 100,
    unfinishedMax: 1000,
    endedMax: 1000,
  },
  load: {
    isControlled: true,
    targetMs: 500,
    leastShare: 1 / 16,
    queueMax: 1024,
    queueBytesMax: 2 ** 24,
  },
};
