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
 * Code of a loop's rows, `lanes` of them in turns. Some are left over in any case: what has never run V8 compiles to giving up, and
 * does so again and again where it enters a function in the middle of a loop.
 * @param from, to the loop's range @param row the row at a place of it
 */
function inLanes(
  from: string,
  to: string,
  lanes: number,
  row: string,
  body: (lane: number) => string,
): string {
  const single = (at: string, lane: number): string =>
    `{ const i = ${row.replace('@', at)};\n  ${body(lane)} }`;
  if (lanes === 1) return `for (let r = ${from}; r < ${to}; r++) ${single('r', 0)}`;
  const several = Array.from({ length: lanes }, (_, lane) => single(lane === 0 ? 'r' : `r + ${lane}`, lane));
  return `{
let r = ${from};
for (const stop = ${to} - ${lanes}; r < stop; r += ${lanes}) {
  ${several.join('\n  ')}
}
for (; r < ${to}; r++) ${single('r', 0)}
}`;
}

/**
 * The loop that adds up a piece, rows from `start` to `end`. Where it does not go by a mask, `count` is the number of its rows.
 * @param body code of row `i`; lanes have sums of their own, since one addition waits for the one before
 */
export function overPiece(filter: RowFilter, body: (lane: number) => string, lanes = 1): string {
  switch (filter.kind) {
    case 'none':
      return `const count = end - start;\n${inLanes('start', 'end', lanes, '@', body)}`;
    case 'mask':
      return inLanes('start', 'end', lanes, '@', body);
    case 'selection':
      return `${filter.code}\n${inLanes('0', 'count', lanes, 'selection[@]', body)}`;
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
    const select = `${loop.lines.join('\n  ')}\n  selection[count] = i; count += +(${values.join(' & ')});`;
    const over =
      place === 0
        ? inLanes('start', 'end', 1, '@', () => select)
        : inLanes('0', `before${place}`, 1, 'selection[@]', () => select);
    return place === 0 ? `let count = 0;\n${over}` : `const before${place} = count; count = 0;\n${over}`;
  });
  return { kind: 'selection', code: loops.join('\n') };
}

function calls(condition: BoundExpression, emitter: Emitter): boolean {
  const trial = emitter.anotherLoop();
  trial.lowerBoolean(condition);
  return trial.calls;
}
