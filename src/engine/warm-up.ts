import { parseStatement } from '../parser/index.ts';
import { openAllSamples } from './engine-status.ts';
import { loopTurns } from './loop-turns.ts';
import type { EngineState } from './state.ts';

/** Statements that come to the usual places of the grammar: what tells alternatives apart is worked out where one first comes there. */
const usualStatements = [
  'SHOW TABLES',
  "SELECT a AS b, COUNT(*), AVG(x) FILTER (WHERE c IS NOT NULL) FROM t WHERE a > 1 AND c IN ('d', 'e') AND (c LIKE 'f%' OR x BETWEEN 1 AND 2) GROUP BY a HAVING SUM(x) > 3 ORDER BY 2 DESC LIMIT 4 ERROR WITHIN 5% AT CONFIDENCE 95%",
  "SELECT DISTINCT CASE WHEN a THEN -1 ELSE CAST(b AS DOUBLE) END FROM t AS u JOIN v USING (c) WHERE d >= DATE '2026-01-01' WITHIN 2 SECONDS ON MISS FAIL",
];

/**
 * Makes ready what first statements would wait for, and hold others up by: the grammar, DuckDB's library, threads, the samples.
 * @param isClosing the engine is being closed: nothing more is begun
 */
export async function warmUp(state: EngineState, isClosing: () => boolean): Promise<void> {
  for (const sql of usualStatements) {
    parseStatement(sql);
    await loopTurns.next();
  }
  if (isClosing()) return;
  // Where it cannot be loaded, statements that need it say so.
  await state.source.load().catch(() => undefined);
  if (isClosing()) return;
  state.statementThreads?.prewarm();
  await openAllSamples(state, isClosing);
}
