import type { Statement } from '../parser/index.ts';
import { createSampleList } from './create-sample-list.ts';
import { createSamples, explainSamples } from './create-samples.ts';
import { refreshSamples } from './refresh-samples.ts';
import type { RunControl } from './run-control.ts';
import { createSample, dropSample } from './samples.ts';
import type { RoutedAnswer } from './select-run.ts';
import { show } from './show.ts';
import type { EngineState } from './state.ts';
import { createTable, describeTable, dropTable, requireTable } from './tables.ts';

/** Runs a statement that is no SELECT, nor one within EXPLAIN: these are planned first. @throws QueryError */
export async function runCommand(
  state: EngineState,
  statement: Statement,
  control: RunControl,
): Promise<RoutedAnswer> {
  switch (statement.kind) {
    case 'select-statement':
    case 'explain':
      throw new Error('a SELECT is planned before it runs');
    case 'create-table':
      return await createTable(state, statement, control);
    case 'create-sample':
      return await createSample(state, statement, requireTable(state, statement.table), control);
    case 'drop':
      return statement.what === 'table'
        ? await dropTable(state, statement)
        : await dropSample(state, statement);
    case 'describe':
      return describeTable(state, statement);
    case 'show':
      return await show(state, statement);
    case 'create-samples':
      return await createSamples(state, statement, requireTable(state, statement.table), control);
    case 'create-sample-list':
      return await createSampleList(state, statement, requireTable(state, statement.table), control);
    case 'explain-samples': {
      const { statement: asked } = statement;
      return await explainSamples(state, asked, requireTable(state, asked.table), control);
    }
    case 'refresh-samples':
      return await refreshSamples(state, statement, control);
  }
}
