import type { Engine, QueryResultJson } from '../index.ts';
import { type CliStreams, write } from './cli-streams.ts';
import { addTallies, compareAnswers, type Tally } from './demo-comparison.ts';
import { type DemoQuestion, demoQuestions, demoSetup } from './demo-questions.ts';
import { formatCount, formatMs } from './format-number.ts';
import { renderSummary } from './render-summary.ts';
import { runStatement } from './run-statement.ts';

const introduction = `Three million flights in the United States, January to June 2001, and two samples of them.

Each question is asked of the samples and then, with EXACT, of all rows. Beside every
estimate stands the truth, with ✓ where the interval holds it: at 95 % one in twenty should
not. Every answer is asked for twice and the second time shown, when nothing is cold.
`;

/** The rows of the file of flights. */
const tableRows = 3_000_000;

/** Runs a statement. */
type Ask = (sql: string) => Promise<QueryResultJson>;

/** What answers took. */
interface Cost {
  readonly ms: number;
  readonly rows: number;
}

/** What a question brought. */
interface Outcome {
  readonly text: string;
  readonly tally: Tally;
  readonly sampled: Cost;
  readonly exact: Cost;
}

/** Asks the demo's questions of samples and of all rows, and shows both answers. @param path the file of flights */
export async function runDemo(
  engine: Engine,
  path: string,
  { stdout, stderr, signal }: CliStreams,
): Promise<void> {
  const ask: Ask = async (sql) => (await runStatement(engine, sql, { signal }, stderr)).toJSON();
  await write(stdout, `${introduction}\n`);
  for (const sql of demoSetup(path)) {
    const { answer } = await ask(sql);
    await write(stdout, `${sql}\n   ${answer.reason} · ${formatMs(answer.achieved.elapsedMs)}\n`);
  }
  const outcomes: Outcome[] = [];
  for (const [place, question] of demoQuestions.entries()) {
    const outcome = await answerBothWays(ask, question);
    await write(stdout, `\n${place + 1}. ${outcome.text}\n`);
    outcomes.push(outcome);
  }
  await write(stdout, `\n${conclusion(outcomes)}\n`);
}

async function answerBothWays(ask: Ask, question: DemoQuestion): Promise<Outcome> {
  const { title, select, order = [], bound = [] } = question;
  const sql = [select, order, bound].flat().join('\n');
  const sampled = await askTwice(ask, sql);
  const exact = await askTwice(ask, `EXACT ${select}`);
  const { table, tally } = compareAnswers(sampled, exact);
  const exactCost = { ms: exact.answer.achieved.elapsedMs, rows: tableRows };
  const lines = [
    title,
    `   ${sql.replaceAll('\n', '\n   ')}`,
    '',
    table,
    renderSummary(sampled, sql),
    `EXACT: ${formatCount(exactCost.rows)} rows · ${formatMs(exactCost.ms)}`,
  ];
  const { achieved, sample } = sampled.answer;
  const sampledCost = { ms: achieved.elapsedMs, rows: sample?.rowsRead ?? tableRows };
  return { text: lines.join('\n'), tally, sampled: sampledCost, exact: exactCost };
}

/** The second answer: the first may have had to read from disk. */
async function askTwice(ask: Ask, sql: string): Promise<QueryResultJson> {
  await ask(sql);
  return await ask(sql);
}

function total(costs: readonly Cost[]): string {
  const sum = costs.reduce((a, b) => ({ ms: a.ms + b.ms, rows: a.rows + b.rows }));
  return `${formatMs(sum.ms)} and ${formatCount(sum.rows)} rows`;
}

function conclusion(outcomes: readonly Outcome[]): string {
  const { held, intervals, uncertified } = addTallies(outcomes.map(({ tally }) => tally));
  const others =
    uncertified === 0
      ? ''
      : ` (${formatCount(uncertified)} more are marked ?: not certified, and not counted)`;
  return [
    `${formatCount(held)} of ${formatCount(intervals)} intervals hold the truth, ${formatCount(0.95 * intervals)} are expected to at 95 %${others}.`,
    `The six questions took ${total(outcomes.map(({ sampled }) => sampled))} with samples,`,
    `${total(outcomes.map(({ exact }) => exact))} without. A sample's time does not grow with the table.`,
  ].join('\n');
}
