import { openEngine } from '../../../src/index.ts';

/*
 * A process of the trials: opens a data folder and runs the statements that it is sent, one after the other, until it is killed.
 * Arguments: the data folder, the folder that may be read.
 */

const [dataDir = '', allowed = ''] = process.argv.slice(2);
// So little memory that what DuckDB sorts goes to its scratch folder.
const engine = await openEngine({ dataDir, allowedPaths: [allowed], threads: 2, memoryLimitBytes: 2 ** 27 });

async function run(statements: readonly string[]): Promise<void> {
  for (const sql of statements) await engine.query(sql);
  process.send?.('done');
}

// A promise that is rejected ends the process, and the trial with it.
process.on('message', (statements: readonly string[]) => void run(statements));
process.on('disconnect', () => process.exit());
process.send?.('ready');
