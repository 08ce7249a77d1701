import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import type { CreateSampleListStatement, SampleItem } from '../parser/index.ts';
import { giveUp } from './build-claim.ts';
import { type CheckedSample, checkSample, type KeptSample } from './check-sample.ts';
import { countOf } from './describe.ts';
import type { RunControl } from './run-control.ts';
import { type ClaimedSample, claimSample, drawSample, samplesAnswer } from './samples.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';

/**
 * CREATE SAMPLES ON t method, …: draws several samples of a table, each as CREATE SAMPLE does. Before the first is drawn all are checked,
 * and the rights to build them are got.
 * @throws QueryError as {@link checkSample}, {@link claimSample} and {@link drawSample}: what was made by then stays
 */
export async function createSampleList(
  state: EngineState,
  { table: named, ifNotExists, samples, seed }: CreateSampleListStatement,
  table: TableEntry,
  control: RunControl,
): Promise<RoutedAnswer> {
  refuseTwins(samples);
  const checked: (CheckedSample | KeptSample)[] = [];
  for (const { name, method, outliersOf } of samples)
    checked.push(await checkSample(state, { name, ifNotExists, table: named, method, outliersOf, seed }, table)); // prettier-ignore
  const claimed = new Map<CheckedSample | KeptSample, ClaimedSample | KeptSample>();
  const entries: SampleEntry[] = [];
  try {
    for (const sample of inClaimOrder(checked))
      claimed.set(sample, 'entry' in sample ? sample : await claimSample(state, sample, table, control));
    for (const sample of checked) {
      const got = claimed.get(sample)!; // just claimed
      entries.push('entry' in got ? got.entry : await drawSample(state, table, got, control));
    }
  } catch (error) {
    await giveUp(state, [...claimed.values()].flatMap((each) => ('claim' in each ? [each.claim] : []))); // prettier-ignore
    throw error;
  }
  const kept = [...claimed.values()].flatMap((each) => ('entry' in each ? [each.reason] : []));
  const drawn = countOf(entries.length - kept.length, 'sample');
  return samplesAnswer(entries, [`${drawn} of ${table.name} drawn`, ...kept].join('; '));
}

/** Refuses a name that is given to two samples. */
function refuseTwins(samples: readonly SampleItem[]): void {
  const names = new Set<string>();
  for (const { name } of samples) {
    if (name === null) continue;
    const key = name.name.toLowerCase();
    if (names.has(key))
      throw new QueryError('DUPLICATE_NAME', `two samples of the list are named ${name.name}`, {
        span: name.span,
        hint: 'names of samples match without regard to case: choose another',
      });
    names.add(key);
  }
}

/** The name that is to be claimed; empty: none is, or any that is free. */
function nameOf(sample: CheckedSample | KeptSample): string {
  return 'entry' in sample ? '' : (sample.name?.name.toLowerCase() ?? '');
}

/**
 * Those with names first: the others are called what is left. By name, since lists that wait for samples of each other, each holding what
 * the other waits for, would wait for ever.
 */
function inClaimOrder(samples: readonly (CheckedSample | KeptSample)[]): (CheckedSample | KeptSample)[] {
  const named = samples.filter((sample) => nameOf(sample) !== '');
  const others = samples.filter((sample) => nameOf(sample) === '');
  return [...named.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)), ...others];
}
