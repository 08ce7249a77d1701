import type { TableEntry } from '../catalog/index.ts';
import { countOf } from './describe.ts';
import type { EngineState } from './state.ts';
import { describeChanges, findChanges, hasChanges, isFollowed, type SourceChanges } from './table-changes.ts';

/** What the files that a table was made from have become since. */
export interface Staleness {
  /** Rows that came with them, about: as many a byte as the table has. */
  readonly rowsAdded: number;
  /** In words. */
  readonly note: string;
}

/** How long a look at a table's files is good for, at least; where looking takes long, it is done less often. */
const lookMs = 1000;
const lookShare = 0.05;

interface Look {
  /** The files that the table had, see {@link filesOf}. */
  readonly of: string;
  /** null: nothing, or nothing is known. */
  readonly staleness: Promise<Staleness | null>;
  /** What the last look found; null also before the first has ended. */
  latest: Staleness | null;
  /** When the next look is due (monotonic); infinite while this one goes on. */
  nextMs: number;
}

/**
 * Watches for files that tables should have by now. Statements go by the last look: how much there is to list is not theirs to
 * wait for.
 */
export class StalenessWatch {
  private readonly looks = new Map<number, Look>();

  constructor(private readonly state: Pick<EngineState, 'environment' | 'allowedPaths'>) {}

  /** What the last look found; a first one is waited for where there is time. */
  async of(table: TableEntry, hasTime: boolean): Promise<Staleness | null> {
    if (!isFollowed(table)) return null;
    const last = this.looks.get(table.id);
    const known = last?.of === filesOf(table) ? last : undefined;
    const look = known === undefined || known.nextMs <= this.nowMs() ? this.begin(table, known) : known;
    return known === undefined && hasTime ? await look.staleness : look.latest;
  }

  /** What there is now. */
  async now(table: TableEntry): Promise<Staleness | null> {
    return isFollowed(table) ? await this.begin(table, undefined).staleness : null;
  }

  private begin(table: TableEntry, last: Look | undefined): Look {
    const startedMs = this.nowMs();
    // A folder that cannot be looked at is no reason not to answer.
    const staleness = this.look(table).catch(() => null);
    const look: Look = { of: filesOf(table), staleness, latest: last?.latest ?? null, nextMs: Infinity };
    this.looks.set(table.id, look);
    void staleness.then((found) => {
      const tookMs = this.nowMs() - startedMs;
      look.latest = found;
      look.nextMs = this.nowMs() + Math.max(lookMs, tookMs / lookShare);
    });
    return look;
  }

  private async look(table: TableEntry): Promise<Staleness | null> {
    const changes = await findChanges(this.state, table);
    return hasChanges(changes) ? stalenessOf(table, changes) : null;
  }

  private nowMs(): number {
    return this.state.environment.clock.monotonicMs();
  }
}

/** The same as long as the table is not refreshed: files that come have higher numbers. */
const filesOf = ({ files }: TableEntry): string => `${files.length} ${files.at(-1)?.id}`;

function stalenessOf({ name, rows }: TableEntry, changes: SourceChanges): Staleness {
  const before = new Map(changes.then.map(({ path, bytes }) => [path, bytes]));
  let bytesAdded = 0;
  for (const { path, bytes } of [...changes.added, ...changes.changed])
    bytesAdded += Math.max(0, bytes - (before.get(path) ?? 0));
  const bytes = [...before.values()].reduce((sum, each) => sum + each, 0);
  const rowsAdded = bytes === 0 ? 0 : Math.round((bytesAdded / bytes) * rows);
  const about = rowsAdded === 0 ? '' : `, about ${countOf(rowsAdded, 'row')} more`;
  return {
    rowsAdded,
    note: `since ${name} was made or refreshed: ${describeChanges(changes)}${about}; REFRESH SAMPLES ON ${name} takes them in`,
  };
}

/** What is to be said of all tables of a statement. */
export function addStaleness(each: readonly (Staleness | null)[]): Staleness | null {
  const found = each.filter((one) => one !== null);
  if (found.length === 0) return null;
  return {
    rowsAdded: found.reduce((sum, { rowsAdded }) => sum + rowsAdded, 0),
    note: found.map(({ note }) => note).join('; '),
  };
}
