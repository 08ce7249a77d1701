import type { QueryResultJson, RowMark } from '../index.ts';
import { formatCount } from './format-number.ts';
import type { TextColumn } from './text-table.ts';

const havingMark = '~';
const rankMark = '↕';

/** True where intervals leave open whether the row belongs in the answer. */
export function isUncertain({ havingCertain, rankCertain }: RowMark): boolean {
  return havingCertain === false || rankCertain === false;
}

/** A column without a heading that marks uncertain rows. */
export function markColumn(marks: readonly RowMark[]): TextColumn {
  const cells = marks.map(
    ({ havingCertain, rankCertain }) =>
      (havingCertain === false ? havingMark : '') + (rankCertain === false ? rankMark : ''),
  );
  return { heading: '', align: 'left', cells };
}

/** What the marks mean, and what they cannot show: groups that were left out. */
export function markLegend({ marks, answer }: QueryResultJson): string[] {
  const lines: string[] = [];
  const open = 'intervals leave open whether the row belongs here';
  if (marks?.some(({ havingCertain }) => havingCertain === false))
    lines.push(`${havingMark} HAVING: ${open}`);
  if (marks?.some(({ rankCertain }) => rankCertain === false))
    lines.push(`${rankMark} ORDER BY … LIMIT: ${open}`);
  const dropped = answer.choice?.droppedUncertain ?? 0;
  if (dropped > 0)
    lines.push(
      `HAVING left out ${formatCount(dropped)} ${dropped === 1 ? 'group' : 'groups'} that may belong here`,
    );
  return lines;
}
