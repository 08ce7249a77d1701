import { findNamed, type SampleEntry } from '../catalog/index.ts';
import { QueryError, type Span } from '../common/index.ts';
import { HeldLease, type LeaseEntry } from '../leases/index.ts';
import type { CreateSampleStatement, Identifier } from '../parser/index.ts';
import type { RunControl } from './run-control.ts';
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
  state: EngineState,
  { name, ifNotExists }: Pick<CreateSampleStatement, 'name' | 'ifNotExists'>,
  base: string,
  control: RunControl,
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
  const existing = published();
  if (outcome === null || existing !== undefined) {
    await outcome?.release();
    if (existing !== undefined) return existing;
    return await claimBuild(state, { name, ifNotExists }, base, control); // it was dropped while we looked
  }
  return { name: name.name, lease: outcome };
}

async function claimFreeName(state: EngineState, base: string): Promise<BuildClaim> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`;
    const isTaken = (): boolean => findNamed(state.catalog.snapshot().samples, name) !== undefined;
    if (isTaken()) continue;
    const outcome = await state.leases.hold(buildLease(name));
    if (!(outcome instanceof HeldLease)) continue;
    if (!isTaken()) return { name, lease: outcome };
    await outcome.release();
  }
}

/**
 * Gets the right to replace a sample.
 * @param span of what asks for it
 * @throws QueryError LEASE_HELD where somebody else builds or replaces it, STORAGE
 */
export async function claimRenewal(state: EngineState, name: string, span: Span): Promise<BuildClaim> {
  const outcome = await state.leases.hold(buildLease(name));
  if (outcome instanceof HeldLease) return { name, lease: outcome };
  const { message, hint } = beingBuilt({ name, span }, outcome);
  throw new QueryError('LEASE_HELD', message, {
    span,
    hint: hint === undefined ? undefined : 'try again later',
  });
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

/** Does the work of a build and gives the right to it back. @throws QueryError LEASE_LOST, CANCELLED; whatever the work does */
export async function underClaim<T>(
  { lease }: BuildClaim,
  control: RunControl,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (lease.signal.aborted) throw lease.signal.reason;
    control.throwIfCancelled();
    throw error;
  } finally {
    await lease.release().catch(() => undefined); // what cannot be given back now runs out
  }
}
