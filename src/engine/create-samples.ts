import { findNamed, type SamplingMethod, type TableEntry } from '../catalog/index.ts';
import { groupDigits } from '../common/index.ts';
import type { CreateSamplesStatement, Identifier, SampleMethod } from '../parser/index.ts';
import type { Scalar } from '../plan/index.ts';
import type { ProposedSample } from '../sampler/index.ts';
import { checkSample } from './check-sample.ts';
import { createTogether, type WantedSample } from './create-together.ts';
import { countOf, describeMethod, percentOf } from './describe.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './select-run.ts';
import { type FoundProposal, findProposal } from './sample-proposal.ts';
import { baseName, dropSample, freeSampleName } from './samples.ts';
import type { EngineState } from './state.ts';

const { text, count, number } = commandTypes;

/**
 * CREATE SAMPLES … BUDGET: finds the samples that serve the table's queries best within the budget, makes them, and drops samples of its
 * own that are not among them. Those that the user created stay.
 * @throws QueryError as {@link findProposal} and {@link createTogether}
 */
export async function createSamples(
  state: EngineState,
  statement: CreateSamplesStatement,
  table: TableEntry,
  control: RunControl,
): Promise<RoutedAnswer> {
  const found = await findProposal(state, statement, table, control);
  const { samples } = found.proposal;
  const proposed = samples.filter(({ action }) => action === 'create');
  const wanted: WantedSample[] = [];
  for (const sample of proposed) wanted.push(await want(state, statement, table, sample));
  const created = await createTogether(state, table, wanted, control);
  const names = new Map(proposed.map((sample, place) => [sample, created[place]!.entry.name])); // one each
  // New ones are there before old ones go: at no time is there nothing to answer from.
  for (const { action, name } of samples)
    if (action === 'drop' && name !== null) await dropSample(state, { kind: 'drop', what: 'sample', name: { name, span: statement.span }, ifExists: true, span: statement.span }); // prettier-ignore
  return adviceAnswer(state, table, found, (sample) => names.get(sample) ?? sample.name);
}

/** EXPLAIN CREATE SAMPLES: the same without making or dropping anything. @throws QueryError as {@link findProposal} */
export async function explainSamples(
  state: EngineState,
  statement: CreateSamplesStatement,
  table: TableEntry,
  control: RunControl,
): Promise<RoutedAnswer> {
  const found = await findProposal(state, statement, table, control);
  return adviceAnswer(
    state,
    table,
    found,
    (sample) => sample.name ?? freeSampleName(state, baseName(table, methodOf(sample), [])),
  );
}

/** A proposed sample as CREATE SAMPLE would have it. */
async function want(
  state: EngineState,
  { table: named, span }: CreateSamplesStatement,
  table: TableEntry,
  { cap, rows, columns, why }: ProposedSample,
): Promise<WantedSample> {
  const identifier = (name: string): Identifier => ({ name, span });
  const method: SampleMethod =
    cap === null
      ? { kind: 'uniform', size: { unit: 'rows', amount: { value: rows, span } }, span }
      : { kind: 'stratified', columns: columns.map(identifier), cap: { value: cap, span }, span };
  const asked = { name: null, ifNotExists: false, table: named, method, outliersOf: [], seed: null };
  return { checked: await checkSample(state, asked, table), advice: why };
}

function methodOf({ columns, cap, rows }: ProposedSample): SamplingMethod {
  return cap === null
    ? { kind: 'uniform', unit: 'rows', amount: rows }
    : { kind: 'stratified', columns, cap };
}

function adviceAnswer(
  state: EngineState,
  table: TableEntry,
  found: FoundProposal,
  nameOf: (sample: ProposedSample) => string | null,
): RoutedAnswer {
  const { samples } = state.catalog.snapshot();
  const rows = found.proposal.samples.map((sample): Scalar[] => {
    const name = nameOf(sample);
    const entry = name === null ? undefined : findNamed(samples, name);
    const share = table.rows === 0 ? null : sample.rows / table.rows;
    return [name, sample.action, describeMethod(methodOf(sample)), entry?.rows ?? sample.rows, share, entry?.bytes ?? null, sample.covers, sample.why]; // prettier-ignore
  });
  const shown = [
    ['sample', text], ['action', text], ['method', text], ['rows', count], ['share', number], ['bytes', count], ['covers', number], ['why', text],
  ] as const; // prettier-ignore
  return rowsAnswer(shown, rows, reasonOf(found));
}

const howFound = {
  optimal: 'no other selection is better',
  'time limit': 'the best that the solver found in its time',
  greedy: 'found greedily',
};

function reasonOf({ proposal, workload, request, target }: FoundProposal): string {
  const { covered, storage, cap, by } = proposal;
  const [wanted] = request.caps;
  const asked = workload.queries === 0 ? 'the columns named' : countOf(workload.queries, 'logged statement');
  const bound = `±${percentOf(target.bound)} at ${Number((target.confidence * 100).toPrecision(4))} %`;
  const hasStrata = proposal.samples.some(({ action, columns }) => action === 'create' && columns.length > 0);
  const capped =
    cap === wanted
      ? `; ${countOf(cap, 'row')} a stratum are for ${bound}`
      : `; ${countOf(cap, 'row')} a stratum, since for ${countOf(wanted ?? cap, 'row')}, as ${bound} would take, there is no room`;
  return `${percentOf(covered)} of the workload (${asked}) is covered, in room for ${countOf(Math.round(storage), 'row')} of ${groupDigits(request.budget)}${hasStrata ? capped : ''}; ${howFound[by]}`;
}
