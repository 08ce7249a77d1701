/*
 * common: what every room needs and no room owns. Errors with their place in the statement, seeded randomness, clocks, files.
 * In: nothing. Out: plain values and interfaces. Always: no state, no import of another room.
 */
export { assertNever } from './assert-never.ts';
export {
  addInterval,
  type CivilDate,
  civilFromDays,
  type DatePart,
  datePart,
  dateParts,
  daysFromCivil,
  isoWeek,
  isoWeekday,
  microsPerDay,
  type TruncationUnit,
  truncateTo,
  truncationUnits,
} from './calendar.ts';
export { type Clock, systemClock } from './clock.ts';
export { didYouMean, editsBetween } from './did-you-mean.ts';
export { type ErrorCode, errorCodes, QueryError, type QueryErrorDetails } from './query-error.ts';
export { type Random, seededRandom } from './random.ts';
export { type FileStat, type FileSystem, nodeFileSystem, type OpenFile, storageError } from './files.ts';
export { type LinePosition, linePositionOf, renderError } from './render-error.ts';
export { joinSpans, type Span } from './span.ts';
export { compareText } from './text-order.ts';
