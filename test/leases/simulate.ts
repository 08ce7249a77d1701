import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Simulation, type SimulationOptions, type Tally } from './simulation.ts';

/** Where there is one, its files need no disk: what a power loss leaves is not tested here. */
const memoryFolder = '/dev/shm';

/** Runs one seed. @throws Error that says what did not hold, the latest events, and how to repeat it */
export async function simulate(options: SimulationOptions): Promise<Tally> {
  const folder = mkdtempSync(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'ballpark-leases-'));
  try {
    return await new Simulation(options, join(folder, 'leases.sqlite')).run();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `seed ${options.seed}: ${message}\nTo repeat: BALLPARK_LEASE_SEEDS=${options.seed} npx vitest run test/leases/simulation.test.ts`,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
