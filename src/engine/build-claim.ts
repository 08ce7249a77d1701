import { type Catalog, findNamed, type SampleEntry, type TableEntry } from '../catalog/index.ts';
import { QueryError, type Span } from '../common/index.ts';
import { type Fence, HeldLease, type LeaseEntry } from '../leases/index.ts';
import type { CreateSampleStatement, Identifier } from '../parser/index.ts';
import type { RunControl } from './run-control.ts';
import { collectFiles } from './sample-pins.ts';
import type { EngineState } from './state.ts';

/** The sole right to build a sample of a name, among all processes on the data folder. */
export interface BuildClaim {
  readonly name: string;
  readonly lease: HeldLease;
}

/** Names of samples match without regard to case. */
const buildLease = (sample: string): string => `build/${sample.toLowerCase()}`;

/** The sample that a lease is for building; null: it is for something else. */
export function builtSample(leaseName: string): string | null {
  return leaseName.startsWith('build/') ? leaseName.slice('build/'.length) : null;
}

/**
 * Gets the right to build the sample that a statement asks for. Where it names none, the first of the numbered names that is neither
 * taken nor being built; where it says IF NOT EXISTS, waits for whoever builds it.
 * @param base what the sample is called where the statement does not say
 * @returns the sample of that name, where there is one now
 * @throws QueryError LEASE_HELD where somebody else builds it, CANCELLED, STORAGE
 */
export async function claimBuild(
  state: Pick<EngineState, 'catalog' | 'leases'>,
  { name, ifNotExists }: Pick<CreateSampleStatement, 'name' | 'ifNotExists'>,
  base: string,
  control: Pick<RunControl, 'options' | 'throwIfCancelled'>,
): Promise<BuildClaim | SampleEntry> {
  if (name === null) return await claimFreeName(state, base);
  const published = (): SampleEntry | undefined => findNamed(state.catalog.snapshot().samples, name.name);
  let outcome: HeldLease | LeaseEntry | null = await state.leases.hold(buildLease(name.name));
  if (!(outcome instanceof HeldLease)) {
    if (!ifNotExists) throw beingBuilt(name, outcome);
    outcome = await state.leases.waitFor(buildLease(name.name), control.options.signal, () => {
      control.throwIfCancelled();
      return published() !== undefined;
    });
  }
  const existing = await orRelease(outcome, published);
  if (outcome === null || existing !== undefined) {
    await outcome?.release();
    if (existing !== undefined) return existing;
    return await claimBuild(state, { name, ifNotExists }, base, control); // it was dropped while we looked
  }
  return { name: name.name, lease: outcome };
}

/**
 * Makes a sample and publishes it: its files are written under a number that is remembered with the lease, complete on the device, and
 * become the sample's in the transaction that checks the lease.
 * @param of the table as it is drawn from
 * @param build writes the files under the number
 * @throws QueryError as {@link Catalog.addSample}; whatever the build does
 */
export async function publishSample(
  catalog: Catalog,
  of: TableEntry,
  lease: Fence,
  build: (number: number) => Promise<SampleEntry>,
): Promise<SampleEntry> {
  const entry = await build(await catalog.nextFileNumber(lease));
  await catalog.addSample(entry, of, lease);
  return entry;
}

/** Gets a right of a statement's own to write files for a table, which excludes nobody. @throws QueryError STORAGE */
export async function claimTableFiles(
  { leases, environment }: EngineState,
  table: string,
): Promise<Pick<BuildClaim, 'lease'>> {
  const lease = await leases.hold(`table/${table.toLowerCase()}/${environment.newId()}`);
  if (!(lease instanceof HeldLease)) throw new Error(`${lease.name} was given before`);
  return { lease };
}

async function claimFreeName(
  state: Pick<EngineState, 'catalog' | 'leases'>,
  base: string,
): Promise<BuildClaim> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`;
    const isTaken = (): boolean => findNamed(state.catalog.snapshot().samples, name) !== undefined;
    if (isTaken()) continue;
    const outcome = await state.leases.hold(buildLease(name));
    if (!(outcome instanceof HeldLease)) continue;
    if (!(await orRelease(outcome, isTaken))) return { name, lease: outcome };
    await outcome.release();
  }
}

/**
 * Gets the right to replace a sample.
 * @param span of what asks for it
 * @throws QueryError LEASE_HELD where somebody else builds or replaces it, STORAGE
 */
export async function claimRenewal(
  state: Pick<EngineState, 'leases'>,
  name: string,
  span: Span,
): Promise<BuildClaim> {
  const outcome = await state.leases.hold(buildLease(name));
  if (outcome instanceof HeldLease) return { name, lease: outcome };
  const { message } = beingBuilt({ name, span }, outcome);
  throw new QueryError('LEASE_HELD', message, { span, hint: 'try again later' });
}

/** Looks while a lease is held; gives it back where that fails: nobody else would. */
async function orRelease<T>(lease: HeldLease | null, look: () => T): Promise<T> {
  try {
    return look();
  } catch (error) {
    await lease?.release().catch(() => undefined);
    throw error;
  }
}

function beingBuilt({ name, span }: Identifier, { holder, expiresMs }: LeaseEntry): QueryError {
  const until = new Date(expiresMs).toISOString();
  return new QueryError(
    'LEASE_HELD',
    `the sample ${name} is being built by ${holder}, whose lease is good until ${until} and renewed while it works`,
    {
      span,
      hint: `CREATE SAMPLE IF NOT EXISTS ${name} waits for it; after a crash, the name is free from then on`,
    },
  );
}

/**
 * Does the work of a build and gives the right to it back. Of one that fails no file is left, unless it was published all the same:
 * the catalog tells.
 * @throws QueryError LEASE_LOST, CANCELLED; whatever the work does
 */
export async function underClaim<T>(
  { remains }: Pick<EngineState, 'remains'>,
  { lease }: Pick<BuildClaim, 'lease'>,
  control: Pick<RunControl, 'throwIfCancelled'>,
  work: () => Promise<T>,
): Promise<T> {
  let done: T;
  try {
    done = await work();
  } catch (error) {
    await giveUp({ remains }, [{ lease }]);
    if (lease.signal.aborted) throw lease.signal.reason;
    control.throwIfCancelled();
    throw error;
  }
  await giveBack([{ lease }]);
  return done;
}

/** Gives rights back; what cannot be given back now runs out. */
export async function giveBack(claims: readonly Pick<BuildClaim, 'lease'>[]): Promise<void> {
  for (const { lease } of claims) await lease.release().catch(() => undefined);
}

/** The same for work that failed, whose files are nobody's then; what cannot be removed now is collected later. */
export async function giveUp(
  { remains }: Pick<EngineState, 'remains'>,
  claims: readonly Pick<BuildClaim, 'lease'>[],
): Promise<void> {
  await giveBack(claims);
  await collectFiles(remains).catch(() => undefined);
}
