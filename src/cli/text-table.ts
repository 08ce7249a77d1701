import CliTable3 from 'cli-table3';

/** A column of text, with its heading. */
export interface TextColumn {
  readonly heading: string;
  readonly align: 'left' | 'right';
  readonly cells: readonly string[];
}

// prettier-ignore
const unused = [
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'right',
  'right-mid',
];
/** Lines between the columns and under the headings, nothing around. */
const chars = {
  ...Object.fromEntries(unused.map((place) => [place, ''])),
  mid: '─',
  'mid-mid': '┼',
  middle: '│',
};

/** Text columns beside each other, headings above; and the width on screen. */
export function renderTable(columns: readonly TextColumn[]): {
  readonly text: string;
  readonly width: number;
} {
  const table = new CliTable3({
    head: columns.map(({ heading }) => heading),
    colAligns: columns.map(({ align }) => align),
    chars,
    style: { head: [], border: [], compact: true },
  });
  const rowCount = columns[0]?.cells.length ?? 0;
  // At least one row, if an empty one: without any the line under the headings would be missing.
  for (let row = 0; row < Math.max(1, rowCount); row++)
    table.push(columns.map(({ cells }) => cells[row] ?? ''));
  const [headings = '', rule = '', ...rows] = table.toString().split('\n');
  const lines = [headings, rule, ...rows.slice(0, rowCount)].map((line) => line.trimEnd());
  return { text: lines.join('\n'), width: rule.length }; // the rule has one character for each place on the screen
}

/** The same row by row, a line for each column: for tables wider than the screen. */
export function renderRecords(columns: readonly TextColumn[]): string {
  const headingWidth = Math.max(0, ...columns.map(({ heading }) => heading.length));
  const rowCount = columns[0]?.cells.length ?? 0;
  return Array.from({ length: rowCount }, (_, row) =>
    [
      `── row ${row + 1} ──`,
      ...columns.map(({ heading, cells }) => `${heading.padEnd(headingWidth)}  ${cells[row]?.trim() ?? ''}`),
    ].join('\n'),
  ).join('\n');
}
