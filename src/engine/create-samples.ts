import { findNamed, type SamplingMethod, type TableEntry } from '../catalog/index.ts';
import { groupDigits } from '../common/index.ts';
import type { CreateSamplesStatement, Identifier, SampleMethod } from '../parser/index.ts';
import type { Scalar } from '../plan/index.ts';
import type { ProposedSample } from '../sampler/index.ts';
import { countOf, describeMethod, percentOf } from './describe.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './select-run.ts';
import { type FoundProposal, findProposal } from './sample-proposal.ts';
import { baseName, createSample, dropSample, freeSampleName } from './samples.ts';
import type { EngineState } from './state.ts';

const { text, count, number } = commandTypes;

/**
 * CREATE SAMPLES … BUDGET: finds the samples that serve the table's queries best within the budget, makes them, and drops samples of its
 * own that are not among them. Those that the user created stay.
 * @throws QueryError as {@link findProposal} and {@link createSample}: what was made by then stays
 */
export async function createSamples(
  state: EngineState,
  statement: CreateSamplesStatement,
  table: TableEntry,
  control: RunControl,
): Promise<RoutedAnswer> {
  const found = await findProposal(state, statement, table, control);
  const { samples } = found.proposal;
  const names = new Map<ProposedSample, string>();
  const created = samples.filter(({ action }) => action === 'create');
  // Those with strata first: what they know of the table spares a uniform one a scan.
  for (const sample of created.toSorted((a, b) => Number(b.cap !== null) - Number(a.cap !== null)))
    names.set(sample, await make(state, statement, table, sample, control));
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

/** Makes a proposed sample as CREATE SAMPLE does. @returns its name */
async function make(
  state: EngineState,
  { table: tableName, span }: CreateSamplesStatement,
  table: TableEntry,
  sample: ProposedSample,
  control: RunControl,
): Promise<string> {
  const identifier = (name: string): Identifier => ({ name, span });
  const method: SampleMethod =
    sample.cap === null
      ? { kind: 'uniform', size: { unit: 'rows', amount: { value: sample.rows, span } }, span }
      : {
          kind: 'stratified',
          columns: sample.columns.map(identifier),
          cap: { value: sample.cap, span },
          span,
        };
  const { columns } = await createSample(
    state,
    { kind: 'create-sample', name: null, ifNotExists: false, table: tableName, method, outliersOf: [], seed: null, span }, // prettier-ignore
    table,
    control,
    sample.why,
  );
  return columns[0]!.values.at(0) as string; // the answer begins with the name
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
