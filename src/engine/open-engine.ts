import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import {
  Catalog,
  catalogMigrations,
  JobStore,
  LessonStore,
  ProfileStore,
  QueryLogStore,
} from '../catalog/index.ts';
import { collectGarbage, QueryError, storageError } from '../common/index.ts';
import { plantFaults, ScanThreads } from '../executor/index.ts';
import { openDatabase } from '../database/index.ts';
import { prepareParser } from '../parser/index.ts';
import { DuckDBSource } from '../sources/index.ts';
import type { Alert, Engine, OpenOptions } from './contract.ts';
import { Closers } from './closers.ts';
import { BallparkEngine } from './engine.ts';
import { type Environment, systemEnvironment } from './environment.ts';
import { EstimatePaces } from './estimate-paces.ts';
import { LearnedTails } from './learned-tails.ts';
import { Maintenance, type MaintenanceOptions } from './maintenance.ts';
import { refuseLostCatalog } from './lost-catalog.ts';
import { Profile } from './profile.ts';
import { QueryLog } from './query-log.ts';
import { collectFiles } from './sample-pins.ts';
import { collectScratch, openScratch } from './scratch-folder.ts';
import type { SampleCacheOptions } from './sample-cache.ts';
import { SampleTroubles } from './sample-troubles.ts';
import { shareSamples } from './share-samples.ts';
import { StalenessWatch } from './staleness.ts';
import type { EngineState } from './state.ts';
import { Fingerprints } from './table-files.ts';
import { StatementThreads } from './threads/statement-threads.ts';

/** Share of the machine's memory that may be used where nothing else is said. */
const memoryShare = 0.5;

/** Share of the memory that may be used which is for samples; the rest is DuckDB's. */
const samplesShare = 0.25;

/** How often samples may be kept fresh, milliseconds. */
const maintainEveryMinMs = 100;

/**
 * Opens an engine on a data folder; makes the folder where there is none.
 * @throws QueryError STORAGE where the folder cannot be used, INVALID_ARGUMENT for options out of range
 */
export function openEngine(options: OpenOptions = {}): Promise<Engine> {
  return openEngineIn(options, systemEnvironment);
}

/** The same, in a world of the caller's making. @throws QueryError as {@link openEngine} */
export async function openEngineIn(options: OpenOptions, environment: Environment): Promise<Engine> {
  const {
    dataDir = '.ballpark',
    threads = availableParallelism(),
    memoryLimitBytes = Math.floor(totalmem() * memoryShare),
    maintainEveryMs,
  } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new QueryError('INVALID_ARGUMENT', 'threads must be a whole number, 1 or more');
  if (!(memoryLimitBytes >= 2 ** 26))
    throw new QueryError('INVALID_ARGUMENT', 'memoryLimitBytes must be at least 64 MiB');
  if (maintainEveryMs !== undefined && !(maintainEveryMs >= maintainEveryMinMs && maintainEveryMs < 2 ** 31))
    throw new QueryError('INVALID_ARGUMENT', `maintainEveryMs must be ${maintainEveryMinMs} or more`);
  // Here nothing waits beside; in a first statement it would hold up whatever else runs, cancelling too.
  prepareParser();
  const closers = new Closers();
  try {
    const state = await openState({ ...options, dataDir, threads, memoryLimitBytes }, environment, closers);
    const engine = new BallparkEngine(state, () => closers.close());
    if (maintainEveryMs !== undefined) {
      const run: MaintenanceOptions['run'] = (sql, control) => engine.query(sql, control);
      const maintenance = new Maintenance(state, { everyMs: maintainEveryMs, run });
      closers.add(() => maintenance.close());
    }
    return engine;
  } catch (error) {
    await closers.close().catch(() => undefined); // the error that led here is the one to report
    throw storageError(error, `open ${dataDir}`);
  }
}

type FullOptions = OpenOptions & Required<Pick<OpenOptions, 'dataDir' | 'threads' | 'memoryLimitBytes'>>;

/** @param closers is told of whatever is opened */
async function openState(
  { dataDir, threads: threadCount, memoryLimitBytes, ...options }: FullOptions,
  environment: Environment,
  closers: Closers,
): Promise<EngineState> {
  const { files, clock, openSqlite } = environment;
  const { root, folders, inMemory } = await openFolders(files, dataDir, closers);
  const { allowedPaths: allowed = [process.cwd()] } = options;
  const allowedPaths = await realPaths(environment, [...allowed, folders.tables]);
  const path = inMemory ? ':memory:' : join(root, 'catalog.sqlite');
  if (!inMemory) await refuseLostCatalog(files, path, folders);
  const database = openDatabase(path, catalogMigrations, files, openSqlite);
  const catalog = new Catalog(database);
  closers.add(() => catalog.close());
  // Several processes may use one data folder; what DuckDB spills is each one's own.
  const scratch = await openScratch(environment, root);
  closers.add(() => scratch.close());
  const source = new DuckDBSource({
    threads: threadCount,
    memoryLimitBytes: memoryLimitBytes * (1 - samplesShare),
    tempFolder: scratch.path,
  });
  const alert = alertOf(options);
  const troubles = new SampleTroubles(catalog, clock, alert);
  const file = inMemory ? null : path;
  const { threads, statementThreads } = openThreads(threadCount, options, environment, file);
  closers.add(() => threads.close());
  const { leases, remains, samples } = shareSamples(
    environment,
    database,
    catalog,
    troubles,
    folders,
    memoryLimitBytes * samplesShare,
    tellThreads(threads, statementThreads),
  );
  const profile = new Profile(new ProfileStore(database), threadCount, clock);
  const log = new QueryLog(new QueryLogStore(database), profile);
  const tails = new LearnedTails(new LessonStore(database), source, clock);
  // Leases that cannot be given back now run out.
  closers.add(() => leases.close().catch(() => undefined));
  closers.add(() => samples.close().catch(() => undefined));
  for (const each of [troubles, { close: () => log.flush() }, tails, source]) closers.add(() => each.close());
  if (statementThreads !== null) closers.add(() => statementThreads.close());
  // What a crash, or a reader that was slower than this folder's last process, has left.
  await collectFiles(remains).catch(() => undefined);
  await collectScratch(environment, root).catch(() => undefined);
  return {
    environment,
    catalog,
    source,
    samples,
    troubles,
    alert,
    leases,
    remains,
    log,
    jobs: new JobStore(database),
    allowedPaths,
    folders,
    profile,
    paces: new EstimatePaces(),
    threads,
    statementThreads,
    tails,
    fingerprints: new Fingerprints(files, clock),
    staleness: new StalenessWatch({ environment, allowedPaths }),
  };
}

/** What threads are to hear of samples that are let go of. */
function tellThreads(
  threads: EngineState['threads'],
  statementThreads: EngineState['statementThreads'],
): Pick<SampleCacheOptions, 'onForget' | 'onFreed'> {
  return {
    onForget: (id, { strata }) => {
      statementThreads?.takeBack(id);
      threads.letGo(strata);
    },
    onFreed: () => {
      for (const each of [threads, statementThreads]) each?.collectGarbage();
      // The statement that has just ended still holds on to it.
      setImmediate(collectGarbage);
    },
  };
}

/** The data folder and those in it that everything needs; one that goes away on close where nothing is to be kept. */
async function openFolders(
  files: Environment['files'],
  dataDir: string,
  closers: Closers,
): Promise<Pick<EngineState, 'folders'> & { root: string; inMemory: boolean }> {
  const inMemory = dataDir === ':memory:';
  // What must lie in files lies in a folder that goes away on close.
  const root = inMemory ? await mkdtemp(join(tmpdir(), 'ballpark-')) : resolve(dataDir);
  if (inMemory) closers.add(() => files.remove(root));
  const folders = { samples: join(root, 'samples'), tables: join(root, 'tables'), jobs: join(root, 'jobs') };
  for (const folder of [folders.samples, folders.tables]) await files.makeFolder(folder);
  return { root, folders, inMemory };
}

/** What tells the operator; it never throws. */
function alertOf({ onAlert }: OpenOptions): EngineState['alert'] {
  return (about: Alert): void => {
    try {
      onAlert?.(about);
    } catch {
      // What the listener does with it is no reason to leave a statement without an answer.
    }
  };
}

/**
 * Threads that read samples, and those that answer statements; they start when they are needed.
 * @param catalogFile null: the catalog is this thread's alone
 * @throws QueryError INVALID_ARGUMENT
 */
function openThreads(
  count: number,
  { taskFaults }: OpenOptions,
  { startThread, startStatementThread, timers, threadsWorth }: Environment,
  catalogFile: string | null,
): Pick<EngineState, 'threads' | 'statementThreads'> {
  const faults = taskFaults === undefined ? null : plantFaults(taskFaults);
  const after = (delayMs: number, work: () => void): (() => void) => timers.after(delayMs, work);
  const threads = new ScanThreads(count, startThread, after, faults, threadsWorth);
  // Planted faults are for threads that read.
  if (catalogFile === null || faults !== null) return { threads, statementThreads: null };
  const data = { catalogPath: catalogFile, threads: count };
  return { threads, statementThreads: new StatementThreads(count, () => startStatementThread(data), after) };
}

async function realPaths({ files }: Environment, paths: readonly string[]): Promise<string[]> {
  const real: string[] = [];
  for (const path of paths) {
    if ((await files.stat(resolve(path))) === null)
      throw new QueryError('MISSING_FILE', `the folder ${path} of allowedPaths does not exist`);
    real.push(await files.realPath(resolve(path)));
  }
  return real;
}
