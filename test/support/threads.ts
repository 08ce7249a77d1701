import { Worker } from 'node:worker_threads';

/** Starts a thread that reads samples, as engines do. */
export const startThread = (): Worker => new Worker(new URL('../../dist/scan-thread.js', import.meta.url));
