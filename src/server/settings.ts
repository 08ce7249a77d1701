import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';

/*
 * How a server is to run. One entry here is all that a setting takes: its flag, variable and key, its check, its line in the help and
 * its default are made of it (setting-list.ts, read-settings.ts).
 */

const group = <const Properties extends Record<string, TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

const wholeNumber = (initial: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: initial, minimum, maximum, description });

const list = (description: string) => Type.Array(Type.String({ minLength: 1 }), { default: [], description });

const dayMs = 24 * 60 * 60_000;

/** What a request and a connection may take. */
const LimitSchema = group({
  bodyBytesMax: wholeNumber(
    256 * 1024,
    1024,
    2 ** 30,
    'largest body, bytes; statements end at 64 KiB, the rest is for parameters',
  ),
  headerBytesMax: wholeNumber(
    16 * 1024,
    1024,
    2 ** 20,
    'largest head of a request, bytes: its line and its headers',
  ),
  headersMax: wholeNumber(100, 10, 10_000, 'most headers of a request'),
  receiveMs: wholeNumber(10_000, 100, dayMs, 'time to send a request in, headers and body, milliseconds'),
  silenceMs: wholeNumber(
    10 * 60_000,
    100,
    dayMs,
    'time that a connection may be silent, milliseconds; it ends the longest statement too, unless its answers are sent as events',
  ),
  keepAliveMs: wholeNumber(
    10_000,
    100,
    dayMs,
    'time that a connection is kept for a next request, milliseconds',
  ),
  graceMs: wholeNumber(
    5000,
    0,
    dayMs,
    'time that running statements have to finish when the server closes, milliseconds',
  ),
  connectionsMax: wholeNumber(4096, 1, 1_000_000, 'most connections'),
  connectionsPerAddressMax: wholeNumber(1024, 1, 1_000_000, 'most connections of one address'),
  requestsPerMinuteMax: wholeNumber(
    0,
    0,
    1_000_000_000,
    'most requests of a client in a minute; 0: any number',
  ),
  stallMs: wholeNumber(
    30_000,
    100,
    dayMs,
    'time after which a client is left that takes nothing of its answer, milliseconds',
  ),
  rowsMax: wholeNumber(
    1_000_000,
    1,
    1_000_000_000,
    'most rows of an answer; the rest is left out, and the answer says so',
  ),
});

/** What is done where there is too much to do. @see docs/operations.md, "The server under load" */
const LoadSchema = group({
  targetMs: wholeNumber(
    500,
    1,
    dayMs,
    'nine in ten statements are to be answered within so many milliseconds',
  ),
  leastShare: Type.Number({
    default: 1 / 16,
    minimum: 1 / 1024,
    maximum: 1,
    description:
      'share of the rows of a sample that a statement without an error bound reads at least under load; 1: none is cut short',
  }),
  queueMax: wholeNumber(1024, 1, 1_000_000, 'most statements that wait before each stage'),
  queueBytesMax: wholeNumber(2 ** 24, 2 ** 16, 2 ** 40, 'most bytes of them'),
  isControlled: Type.Boolean({
    default: true,
    description:
      'false: every statement runs as soon as it comes, whatever that does to the others; for comparison',
  }),
});

/** How jobs are run. */
const JobSchema = group({
  termMs: wholeNumber(
    30_000,
    100,
    dayMs,
    'for how long a job goes on without being asked after, milliseconds',
  ),
  keepMs: wholeNumber(3_600_000, 1, 365 * dayMs, 'for how long what came of a job is kept, milliseconds'),
  runningMax: wholeNumber(1, 1, 64, 'jobs that this server runs at once'),
  ownerMax: wholeNumber(100, 1, 1_000_000, 'unfinished jobs of one client'),
  unfinishedMax: wholeNumber(1000, 1, 1_000_000, 'unfinished jobs of all clients'),
  endedMax: wholeNumber(1000, 1, 1_000_000, 'ended jobs that are kept; the oldest go'),
});

/** All settings of a server. */
export const ServerSettingsSchema = group({
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    description: 'address to listen at; any but a loopback address takes tokens',
  }),
  port: wholeNumber(8765, 0, 65_535, 'port to listen at; 0: any free one'),
  logLevel: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
    default: 'info',
    description: 'what the log tells, on standard error',
  }),
  tokens: list(
    'who may ask: entries made by `ballpark token`; without any, everybody on this machine may do everything',
  ),
  tokenFile: Type.String({ default: '', description: 'file of such entries, one a line' }),
  allowedHosts: list(
    'names by which the server is asked for, beside loopback names and the address it listens at',
  ),
  allowedOrigins: list('other sites whose pages may ask, for example https://stats.example.org'),
  limits: LimitSchema,
  load: LoadSchema,
  jobs: JobSchema,
});

type Frozen<Value> = Value extends object ? { readonly [Key in keyof Value]: Frozen<Value[Key]> } : Value;

/** How a server is to run. */
export type ServerSettings = Frozen<Static<typeof ServerSettingsSchema>>;
/** What a request and a connection may take. */
export type LimitSettings = ServerSettings['limits'];

/** What is done where there is too much to do. */
export type LoadSettings = ServerSettings['load'];

/** The settings where nothing is said. */
export const defaultSettings: ServerSettings = Value.Create(ServerSettingsSchema);
