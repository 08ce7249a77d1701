import type { TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import type { CreateSampleListStatement, SampleItem } from '../parser/index.ts';
import { checkSample } from './check-sample.ts';
import { createTogether, type WantedSample } from './create-together.ts';
import { countOf } from './describe.ts';
import type { RunControl } from './run-control.ts';
import { samplesAnswer } from './samples.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';

/**
 * CREATE SAMPLES ON t method, …: draws several samples of a table at the same time. Before the first is drawn all are checked.
 * @throws QueryError as {@link checkSample} and {@link createTogether}
 */
export async function createSampleList(
  state: EngineState,
  { table: named, ifNotExists, samples, seed }: CreateSampleListStatement,
  table: TableEntry,
  control: RunControl,
): Promise<RoutedAnswer> {
  refuseTwins(samples);
  const wanted: WantedSample[] = [];
  for (const { name, method, outliersOf } of samples) {
    const asked = { name, ifNotExists, table: named, method, outliersOf, seed };
    wanted.push({ checked: await checkSample(state, asked, table) });
  }
  const created = await createTogether(state, table, wanted, control);
  const kept = created.flatMap((each) => ('reason' in each ? [each.reason] : []));
  const drawn = countOf(created.length - kept.length, 'sample');
  return samplesAnswer(
    created.map(({ entry }) => entry),
    [`${drawn} of ${table.name} drawn`, ...kept].join('; '),
  );
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
