import { openEngine } from '../../../src/index.ts';
import { controlOf } from '../../../src/engine/control.ts';
import type { JobRequest } from '../../../src/engine/control.ts';

/*
 * A server of the trials: runs the jobs of a data folder, takes on those that it is sent, and tells their identifiers, until it is killed.
 * Arguments: the data folder, the folder that may be read.
 */

const [dataDir = '', allowed = ''] = process.argv.slice(2);
const engine = await openEngine({ dataDir, allowedPaths: [allowed], threads: 2 });
const jobs = await controlOf(engine).jobs({ runnerTermMs: 600, ownerMax: 10_000, unfinishedMax: 10_000, endedMax: 10_000 }); // prettier-ignore

// A promise that is rejected ends the process, and the trial with it.
process.on('message', (request: JobRequest) => {
  void jobs.submit(request).then(({ id }) => process.send?.({ id, sql: request.sql }));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
