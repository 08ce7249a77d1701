#!/usr/bin/env node
import { loadBundle } from '../start/index.ts';
import type * as Command from './run-cli.ts';

const { runCli } = loadBundle('command.cjs') as typeof Command; // the bundle of run-cli.ts

// The first signal asks for an orderly end; the handler is then gone, so a second one ends the process at once.
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort(name));
// A stream that breaks is met where it is written to; without a listener it would end the process with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const { stdin, stdout, stderr } = process;
process.exit(await runCli(process.argv.slice(2), { stdin, stdout, stderr, signal: interrupt.signal }));
