/*
 * common: what every room needs and no room owns. Errors with their place in the statement, seeded randomness, clocks, files.
 * In: nothing. Out: plain values and interfaces. Always: no state, no import of another room.
 */
export { assertNever } from './assert-never.ts';
export {
  addInterval,
  civilFromDays,
  type DatePart,
  datePart,
  dateParts,
  daysFromCivil,
  isoWeekday,
  microsPerDay,
  type TruncationUnit,
  truncateTo,
  truncationUnits,
} from './calendar.ts';
export { clear } from './clear.ts';
export { collectGarbage } from './collect-garbage.ts';
export { type Clock, systemClock } from './clock.ts';
export { didYouMean, editsBetween } from './did-you-mean.ts';
export { type ErrorCode, errorCodes, QueryError } from './query-error.ts';
export { type Random, seededRandom } from './random.ts';
export { groupDigits } from './number-text.ts';
export { type FileSystem, nodeFileSystem, type OpenFile, storageError } from './files.ts';
export { linePositionOf, renderError } from './render-error.ts';
export {
  everyInPieces,
  finish,
  itemsOf,
  type List,
  mapInPieces,
  type Pause,
  type Pieces,
  piecewise,
  rowsAtOnce,
  withoutPause,
  withPauses,
} from './pieces.ts';
export { sortInPieces } from './sort-in-pieces.ts';
export { keptWith } from './kept-with.ts';
export { joinSpans, type Span } from './span.ts';
export { compareText } from './text-order.ts';
export { giveWayToMainThread } from './thread-priority.ts';
export type { Writable } from './writable.ts';
export { rowsWithin, type ZoneColumn, type ZoneRange, type Zones } from './zones.ts';
export { untilAborted } from './until-aborted.ts';
