/** What a line means to the shell itself, before any SQL. */
export type ShellCommand =
  | { readonly kind: 'exit' }
  | { readonly kind: 'help' }
  | { readonly kind: 'sql'; readonly sql: string }
  | { readonly kind: 'unknown'; readonly word: string };

/** What the shell's help tells. */
export const shellHelp = `Statements end with a semicolon and may take several lines.

  \\d           tables                 \\?, help    this help
  \\d NAME      columns of a table     \\q, exit    leave, as Ctrl-D does
  \\ds          samples                Ctrl-C      drop the input, or stop
  Tab          complete a word                    the running statement

  CREATE TABLE t FROM 'file.parquet';               also CSV, JSON, Arrow
  CREATE SAMPLE ON t STRATIFIED BY (a) CAP 1000;    or UNIFORM 1%
  SELECT a, AVG(x) FROM t GROUP BY a ERROR WITHIN 5%;
  SELECT COUNT(*) FROM t WHERE x > 10 WITHIN 100 MILLISECONDS;
  EXACT SELECT …;                                   no sample is used
  EXPLAIN SELECT …;                                 how it would be answered

12.3 ± 0.4 is an estimate with its interval, a number alone is exact,
and ? marks an interval that is not certified.`;

/** The meaning of a line that begins a new input; null where it is SQL. */
export function parseShellCommand(line: string): ShellCommand | null {
  const text = line.trim().replace(/(\s*;)+$/, '');
  if (/^(exit|quit)$/i.test(text)) return { kind: 'exit' };
  if (/^help$/i.test(text)) return { kind: 'help' };
  if (!text.startsWith('\\')) return null;
  const [word = '', ...rest] = text.split(/\s+/);
  const argument = rest.join(' ');
  if (word === '\\d' && argument !== '') return { kind: 'sql', sql: `DESCRIBE ${argument}` };
  if (argument !== '') return { kind: 'unknown', word: text };
  switch (word) {
    case '\\q':
      return { kind: 'exit' };
    case '\\?':
    case '\\h':
      return { kind: 'help' };
    case '\\d':
      return { kind: 'sql', sql: 'SHOW TABLES' };
    case '\\ds':
      return { kind: 'sql', sql: 'SHOW SAMPLES' };
    default:
      return { kind: 'unknown', word };
  }
}
