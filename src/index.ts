/*
 * The public API of ballpark.
 * In: SQL with a bound on error or time. Out: answers with intervals. `openEngine` is the way in.
 */
export {
  type Alert,
  type AnswerSummary,
  type Cell,
  type Engine,
  errorCodes,
  type Estimate,
  type JsonCell,
  linePositionOf,
  openEngine,
  type OpenOptions,
  type ParamValue,
  type Progress,
  QueryError,
  type QueryOptions,
  type QueryResult,
  type QueryResultJson,
  renderError,
  type ResultColumn,
  type RowMark,
  splitStatements,
} from './engine/index.ts';
