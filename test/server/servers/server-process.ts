import { controlOf } from '../../../src/engine/control.ts';
import { openEngine } from '../../../src/index.ts';
import { startServer } from '../../../src/server/index.ts';

/*
 * A server of the trials: serves a data folder until it is killed, and says where.
 * Arguments: the data folder, the folder that may be read.
 */

const [dataDir = '', allowed = ''] = process.argv.slice(2);
const engine = await openEngine({ dataDir, allowedPaths: [allowed], threads: 2, memoryLimitBytes: 2 ** 28 });
const server = await startServer({ control: controlOf(engine), settings: { port: 0, logLevel: 'error' } });
process.on('disconnect', () => process.exit());
process.send?.(server.address);
