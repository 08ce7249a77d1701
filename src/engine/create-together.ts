import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { JointScan } from '../sampler/index.ts';
import { giveUp } from './build-claim.ts';
import type { CheckedSample, KeptSample } from './check-sample.ts';
import { sourceControl } from './exact-route.ts';
import type { RunControl } from './run-control.ts';
import { type ClaimedSample, claimSample, drawSample } from './samples.ts';
import type { EngineState } from './state.ts';
import { typedColumns } from './table-columns.ts';

/** A sample that is to be there, and why. */
export interface WantedSample {
  readonly checked: CheckedSample | KeptSample;
  /** The advisor's reason; not there: somebody asked for this very sample. */
  readonly advice?: string;
}

/**
 * Creates samples of a table at the same time, so that they share scans of it. The rights to build them are got before the first is drawn.
 * @returns each, in the order given; those that there were by then as they are
 * @throws QueryError as {@link claimSample} and {@link drawSample}, the first of several, when all have ended: what was made by then stays
 */
export async function createTogether(
  state: EngineState,
  table: TableEntry,
  wanted: readonly WantedSample[],
  control: RunControl,
): Promise<(KeptSample | Pick<KeptSample, 'entry'>)[]> {
  const claimed = new Map<WantedSample, ClaimedSample | KeptSample>();
  try {
    for (const sample of inClaimOrder(wanted)) {
      const { checked } = sample;
      claimed.set(sample, 'entry' in checked ? checked : await claimSample(state, checked, table, control));
    }
    const drawn = await drawTogether(state, table, claimed, control);
    return wanted.map((sample) => {
      const got = claimed.get(sample)!; // claimed above
      return 'entry' in got ? got : { entry: drawn.get(sample)! }; // or else drawn
    });
  } catch (error) {
    await giveUp(state, [...claimed.values()].flatMap((each) => ('claim' in each ? [each.claim] : []))); // prettier-ignore
    throw error;
  }
}

/** Draws those of the samples that are not there yet. */
async function drawTogether(
  state: EngineState,
  table: TableEntry,
  claimed: ReadonlyMap<WantedSample, ClaimedSample | KeptSample>,
  control: RunControl,
): Promise<Map<WantedSample, SampleEntry>> {
  const missing = [...claimed].flatMap(([sample, got]) => ('claim' in got ? [{ sample, got }] : []));
  if (missing.length === 0) return new Map();
  const { name, files } = table;
  const scan = await state.source.openBuild({ name, files }, typedColumns(table));
  try {
    const joint = new JointScan(scan, table.rows, sourceControl(control, 'scan'));
    const parts = missing.map(({ sample, got }) => ({ sample, got, part: joint.part(got.checked) }));
    const drawing = parts.map(async ({ sample: { advice }, got, part }) => {
      try {
        return await drawSample(state, table, got, control, { advice, scan: part });
      } finally {
        part.close(); // it may have failed before it came to scan
      }
    });
    await Promise.allSettled(drawing);
    const entries = await Promise.all(drawing);
    return new Map(missing.map(({ sample }, place) => [sample, entries[place]!])); // one each
  } finally {
    scan.close();
  }
}

/** The name that is to be claimed; empty: none is, or any that is free. */
function nameOf({ checked }: WantedSample): string {
  return 'entry' in checked ? '' : (checked.name?.name.toLowerCase() ?? '');
}

/**
 * Those with names first: the others are called what is left. By name, since lists that wait for samples of each other, each holding what
 * the other waits for, would wait for ever.
 */
function inClaimOrder(samples: readonly WantedSample[]): WantedSample[] {
  const named = samples.filter((sample) => nameOf(sample) !== '');
  const others = samples.filter((sample) => nameOf(sample) === '');
  return [...named.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)), ...others];
}
