/*
 * server: the HTTP door.
 * In: an open engine and settings. Out: the routes under routes/; every error is application/problem+json, and an event where a stream
 * has begun.
 * Always: only this machine is served (Host and Origin are checked too), and a client that leaves takes its query along.
 */
export { isLoopback } from './loopback.ts';
export type { ServerSettings } from './settings.ts';
export { type RunningServer, startServer } from './start-server.ts';
