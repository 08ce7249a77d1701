import type { BoundExpression } from '../plan/index.ts';
import type { Emitter } from './lower/emitter.ts';

/** How a loop tells the rows that every condition holds of. */
export type RowFilter =
  /** All rows. */
  | { readonly kind: 'none' }
  /** A number of each row: 1, or 0 for a row that is to add nothing. */
  | { readonly kind: 'mask'; readonly mask: string }
  /** Code that writes down the places of `count` rows. */
  | { readonly kind: 'selection'; readonly code: string };

/**
 * Code of a loop's rows, `lanes` of them in turns: the first statement of each, then the second of each, since V8 orders little by
 * itself. Of two lanes a last row is left over or none. Of more some are left over in any case: what has never run V8 compiles to giving
 * up, and does so again and again where it enters a function in the middle of a loop.
 * @param from, to the loop's range @param row the row at a place of it
 */
function inLanes(
  from: string,
  to: string,
  lanes: number,
  row: string,
  body: (lane: number) => readonly string[],
): string {
  const ofRow = (at: string, lane: number): string[] => [`const i = ${row.replace('@', at)};`, ...body(lane)];
  const single = `{ ${ofRow('r', 0).join('\n  ')} }`;
  if (lanes === 1) return `for (let r = ${from}; r < ${to}; r++) ${single}`;
  const own = Array.from({ length: lanes }, (_, lane) =>
    ofRow(lane === 0 ? 'r' : `r + ${lane}`, lane).map((each) => each.replaceAll(rowNames, `$1l${lane}`)),
  );
  const together = own[0]!.flatMap((_, place) => own.map((statements) => statements[place]!)); // as many in each lane
  const rest =
    lanes === 2 ? { left: 1, rows: `if (r < ${to})` } : { left: lanes, rows: `for (; r < ${to}; r++)` };
  return `{
let r = ${from};
for (const stop = ${to} - ${rest.left}; r < stop; r += ${lanes}) {
  ${together.join('\n  ')}
}
${rest.rows} ${single}
}`;
}

/** Names that a row's statements declare. */
const rowNames = /\b(i|p|o|x\d+)\b/g;

/**
 * The loop that adds up a piece, rows from `start` to `end`. Where it does not go by a mask, `count` is the number of its rows.
 * @param body statements of row `i`, one a text; lanes have sums of their own, since one addition waits for the one before
 */
export function overPiece(filter: RowFilter, body: (lane: number) => readonly string[], lanes = 1): string {
  switch (filter.kind) {
    case 'none':
      return `const count = end - start;\n${inLanes('start', 'end', lanes, '@', body)}`;
    case 'mask':
      return inLanes('start', 'end', lanes, '@', body);
    case 'selection':
      return `${filter.code}\n${inLanes('0', 'count', lanes, 'selected[@]', body)}`;
  }
}

/** The conditions as one number of each row, where this takes no call; else null. */
export function emitMask(conditions: readonly BoundExpression[], emitter: Emitter): string | null {
  const values = conditions.map((condition) => emitter.lowerBoolean(condition).value);
  return emitter.calls ? null : emitter.temporary(`+(${values.join(' & ')})`);
}

/**
 * Code that selects the rows from `start` to `end` of which every condition holds, `count` of them. Conditions that call functions
 * have a loop each, over what those before it left: every row is written down, and the next overwrites it where the condition does
 * not hold. So no jump depends on the data.
 */
export function emitSelection(conditions: readonly BoundExpression[], emitter: Emitter): RowFilter {
  if (conditions.length === 0) return { kind: 'none' };
  const calling = conditions.length === 1 ? [] : conditions.filter((condition) => calls(condition, emitter));
  const plain = conditions.filter((condition) => !calling.includes(condition));
  const steps = [...(plain.length === 0 ? [] : [plain]), ...calling.map((condition) => [condition])];
  const loops = steps.map((together, place) => {
    const loop = emitter.anotherLoop();
    const values = together.map((condition) => loop.lowerBoolean(condition).value);
    const select = [...loop.lines, `selected[count] = i; count += +(${values.join(' & ')});`];
    const over =
      place === 0
        ? inLanes('start', 'end', 1, '@', () => select)
        : inLanes('0', `before${place}`, 1, 'selected[@]', () => select);
    return place === 0 ? `let count = 0;\n${over}` : `const before${place} = count; count = 0;\n${over}`;
  });
  return { kind: 'selection', code: loops.join('\n') };
}

function calls(condition: BoundExpression, emitter: Emitter): boolean {
  const trial = emitter.anotherLoop();
  trial.lowerBoolean(condition);
  return trial.calls;
}
