/**
 * Rows of text with their columns aligned; the first two columns left, the others right.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const widths = head.map((name, place) => Math.max(name.length, ...rows.map((row) => row[place].length)));
  const line = (/** @type {readonly string[]} */ row) =>
    row
      .map((cell, place) => (place < 2 ? cell.padEnd(widths[place]) : cell.padStart(widths[place])))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
