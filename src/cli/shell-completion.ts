import type { Engine } from '../index.ts';
import { quoted } from './quoted.ts';

/** Words that begin a clause or are long to type. */
// prettier-ignore
const keywords = [
  'AND', 'AT CONFIDENCE', 'AVG', 'BEST EFFORT', 'BETWEEN', 'BUDGET', 'CASE', 'COUNT', 'CREATE SAMPLE', 'CREATE SAMPLES ON', 'CREATE TABLE', 'DATE_TRUNC',
  'DESCRIBE', 'DISTINCT', 'DROP SAMPLE', 'DROP TABLE', 'ERROR WITHIN', 'EXACT', 'EXPLAIN', 'FROM', 'GROUP BY', 'HAVING',
  'LIMIT', 'LOWER_BOUND', 'MILLISECONDS', 'ON MISS', 'ORDER BY', 'SECONDS', 'SELECT', 'SHOW LEASES', 'SHOW QUERIES', 'SHOW SAMPLES',
  'SHOW TABLES', 'SIMULTANEOUS', 'STDDEV', 'STRATIFIED BY', 'SUM', 'UNIFORM', 'UPPER_BOUND', 'WHERE', 'WITHIN',
] as const;

/** Names of tables, columns and samples, asked of the engine when they are first needed. */
export class CatalogNames {
  private known: Promise<readonly string[]> | null = null;

  constructor(private readonly engine: Engine) {}

  get(): Promise<readonly string[]> {
    this.known ??= this.ask();
    return this.known;
  }

  /** To be called when the catalog may have changed. */
  forget(): void {
    this.known = null;
  }

  private async ask(): Promise<string[]> {
    const tables = await this.firstColumn('SHOW TABLES');
    const names = new Set([...tables, ...(await this.firstColumn('SHOW SAMPLES'))]);
    for (const table of tables) {
      for (const column of await this.firstColumn(`DESCRIBE ${quoted(table)}`)) names.add(column);
    }
    return [...names];
  }

  private async firstColumn(sql: string): Promise<string[]> {
    const { rows } = await this.engine.query(sql);
    return rows.map(([cell]) => cell as string); // the catalog's answers begin with a name
  }
}

/**
 * What the end of a line may go on as.
 * @returns the completions, and the part of the line that they replace
 */
export function completionsOf(line: string, names: readonly string[]): [completions: string[], part: string] {
  const part = /[\p{L}_][\p{L}\p{N}_]*$/u.exec(line)?.[0] ?? '';
  if (part === '') return [[], ''];
  const isLower = part === part.toLowerCase();
  const words = [
    ...names.map((name) => (/^[a-z_][a-z0-9_]*$/i.test(name) ? name : quoted(name))),
    ...keywords.map((word) => (isLower ? word.toLowerCase() : word)),
  ];
  const begun = part.toLowerCase();
  return [words.filter((word) => word.toLowerCase().startsWith(begun)), part];
}
