import { appendFile, readFile, writeFile } from 'node:fs/promises';

/** Entries that are kept. */
export const entriesMax = 1000;

/** The inputs typed so far, newest first. One may have several lines; in the file each is one line, as JSON text. */
export class ShellHistory {
  /** The list that the arrow keys walk through. */
  private shown: string[] = [];

  private constructor(
    private readonly path: string | null,
    private readonly entries: string[],
  ) {}

  /** Reads the history; lines that are none are passed over. @param path null: it is kept in memory only */
  static async load(path: string | null): Promise<ShellHistory> {
    if (path === null) return new ShellHistory(null, []);
    const text = await readFile(path, 'utf8').catch(() => ''); // none yet, or not readable: a shell without a past
    const lines = text.split('\n').filter((line) => line !== '');
    const entries = lines.map(entryOf).filter((entry) => entry !== null);
    const kept = entries.slice(-entriesMax);
    if (lines.length > 2 * entriesMax)
      await writeFile(path, kept.map(lineOf).join(''), { mode: 0o600 }).catch(() => undefined); // it stays long
    return new ShellHistory(path, kept.toReversed());
  }

  /** Adds an entry, unless it repeats the last one. */
  async add(entry: string): Promise<void> {
    if (entry.trim() === '' || entry === this.entries[0]) return;
    this.entries.unshift(entry);
    this.entries.splice(entriesMax);
    this.showIn(this.shown);
    // Where the file cannot be written the shell goes on; it forgets when it ends.
    if (this.path !== null)
      await appendFile(this.path, lineOf(entry), { mode: 0o600 }).catch(() => undefined);
  }

  /** Makes a list of lines, as readline keeps one, show the entries from now on. @returns the list */
  showIn(lines: string[]): string[] {
    this.shown = lines;
    lines.splice(0, lines.length, ...this.entries);
    return lines;
  }
}

const lineOf = (entry: string): string => `${JSON.stringify(entry)}\n`;

function entryOf(line: string): string | null {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' ? entry : null;
  } catch {
    return null;
  }
}
