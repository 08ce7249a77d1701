/*
 * What runs in a thread that answers statements from samples: it plans and reads as the engine does, over columns that the engine's own
 * thread holds. The catalog it opens for itself, as another process would. What it cannot answer it gives back. A file of its own in the
 * bundle.
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  Catalog,
  catalogMigrations,
  type CatalogSnapshot,
  LessonStore,
  ProfileStore,
} from '../../catalog/index.ts';
import { collectGarbage, giveWayToMainThread } from '../../common/index.ts';
import { openDatabase } from '../../database/index.ts';
import { ShownEstimates } from '../../estimator/index.ts';
import { prepareParser } from '../../parser/index.ts';
import { chooseSample } from '../choose-sample.ts';
import { systemEnvironment } from '../environment.ts';
import { EstimatePaces } from '../estimate-paces.ts';
import { KnownStatements, selectOf } from '../known-statements.ts';
import { KnownTails } from '../known-tails.ts';
import { loopTurns } from '../loop-turns.ts';
import { Profile } from '../profile.ts';
import { cancelled, RunControl } from '../run-control.ts';
import { sampleRoute } from '../sample-route.ts';
import { StatementCosts } from '../statement-costs.ts';
import { Stopwatch } from '../summary.ts';
import { BorrowedSamples } from './borrowed-samples.ts';
import { HandOver } from './hand-over.ts';
import type {
  FromStatementThread,
  NoAnswer,
  Question,
  ThreadAnswer,
  ThreadData,
  ToStatementThread,
} from './messages.ts';
import { NotForThreads } from './not-for-threads.ts';

/** How often it says that it is at work, milliseconds. */
const aliveEveryMs = 1000;

/** Values of an answer at most that are handed over: it is a copy, which the engine's own thread has to make. */
const valuesMax = 4096;

interface Job {
  isCancelled: boolean;
  /** null: it has not begun. */
  control: RunControl | null;
}

const port = parentPort;
if (port === null) throw new Error('it runs as a thread only');
giveWayToMainThread();
const say = (message: FromStatementThread): void => port.postMessage(message);

const { catalogPath, threads } = workerData as ThreadData;
const { clock } = systemEnvironment;
const database = openDatabase(catalogPath, catalogMigrations);
const catalog = new Catalog(database);
const samples = new BorrowedSamples(say);
let latest = { state: '', snapshot: catalog.snapshot() };
const state = { samples, tails: new KnownTails(new LessonStore(database)) };
const profile = new Profile(new ProfileStore(database), threads, clock);
const paces = new EstimatePaces();
const known = new KnownStatements(clock);
/** Questions under way. */
const jobs = new Map<number, Job>();
const handOver = new HandOver((answers) => say({ kind: 'answered', answers }));

setInterval(() => {
  if (jobs.size > 0) say({ kind: 'alive' });
}, aliveEveryMs).unref();

port.on('message', (message: ToStatementThread) => {
  switch (message.kind) {
    case 'lend':
      samples.lend(message.sample);
      break;
    case 'take-back':
      samples.takeBack(message.sample);
      break;
    case 'collect-garbage':
      collectGarbage();
      break;
    case 'loaded':
      samples.loaded(message);
      break;
    case 'answer':
      void answerJob(message.job, message.question);
      break;
    case 'cancel':
      cancel(jobs.get(message.job));
      break;
    case 'end':
      database.close();
      process.exit(0); // of a thread: it ends the thread alone
  }
});

prepareParser();
say({ kind: 'ready' });

async function answerJob(id: number, question: Question): Promise<void> {
  const job: Job = { isCancelled: false, control: null };
  jobs.set(id, job);
  // Messages that have come are all handed over at once, and those that come meanwhile: others would not go on before.
  await loopTurns.next();
  // Whatever goes wrong, the engine's own thread says what.
  const answer = await answerFrom(question, job).catch(noAnswer);
  jobs.delete(id);
  handOver.add({ job: id, answer }, jobs.size);
}

function cancel(job: Job | undefined): void {
  if (job === undefined) return;
  job.isCancelled = true;
  if (job.control !== null) job.control.isAnswered = true;
}

const noAnswer = (error: unknown): NoAnswer =>
  error instanceof NotForThreads && error.isPassing ? 'not-now' : 'unfit';

/** @throws NotForThreads, and whatever there is to say against the statement */
async function answerFrom(
  { sql, params, rowsShare, elapsedMs, isSourceCold, catalogState }: Question,
  job: Job,
): Promise<ThreadAnswer> {
  if (job.isCancelled) throw cancelled();
  const started = clock.monotonicMs() - elapsedMs;
  const select = selectOf(known.parse(sql));
  const snapshot = snapshotOf(catalogState);
  const { plan, shape } = known.plan(sql, select!, snapshot, params); // the engine has found it to be one
  const sampling = plan.aggregate?.sampling ?? null;
  const table = snapshot.tables.find(({ name }) => name === plan.aggregate?.query.table);
  if (sampling === null || table === undefined) throw new NotForThreads('no sample');
  const options = rowsShare === undefined ? {} : { rowsShare };
  const control = new RunControl(clock, options, null, started, paces);
  job.control = control;
  // What it takes is others' doing too.
  control.isUndisturbed = () => false;
  const costs = new StatementCosts(profile, shape, plan, snapshot.tables, 0, isSourceCold);
  const stopwatch = new Stopwatch(() => clock.monotonicMs());
  const chosen = await chooseSample(state, table, sampling, plan.bounds, control);
  if (typeof chosen === 'string') throw new NotForThreads(chosen);
  const run = { control, stopwatch, costs, snapshot, refine: null, asked: null };
  const { columns, report } = await sampleRoute(table, plan, chosen, run, (reason) =>
    Promise.reject(new NotForThreads(reason)),
  );
  const { sample, ...rest } = report;
  if (columns.length * (columns[0]?.values.length ?? 0) > valuesMax) throw new NotForThreads('a long answer');
  return {
    values: columns.map(({ values }) =>
      values instanceof ShownEstimates ? values.pack() : values.slice(0, values.length),
    ),
    report: rest,
    sample: { id: sample!.entry.id, rowsRead: sample!.rowsRead }, // it comes from one
    estimateMs: stopwatch.timings(0).estimateMs,
  };
}

/** The log of queries is in the catalog's file too, and changes all the time: what is read of tables and samples is not read anew for it. */
function snapshotOf(catalogState: string): CatalogSnapshot {
  if (latest.state !== catalogState) latest = { state: catalogState, snapshot: catalog.snapshot() };
  return latest.snapshot;
}
