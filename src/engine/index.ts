/*
 * engine: carries a statement through every room. Read engine.ts first.
 * In: SQL text and options. Out: answers, or QueryErrors with their place in the text.
 * Always: a statement either answers or throws; what was asked for and not reached is said in the answer.
 */
export { QueryError } from '../common/index.ts';
export type {
  Alert,
  AnswerSummary,
  Cell,
  Engine,
  JsonCell,
  OpenOptions,
  Progress,
  QueryOptions,
  QueryResult,
  QueryResultJson,
  ResultColumn,
  RowMark,
} from './contract.ts';
export { openEngine } from './open-engine.ts';
export type { Estimate } from '../plan/index.ts';
export type { ParameterValue as ParamValue } from '../planner/index.ts';
export { errorCodes, linePositionOf, renderError } from '../common/index.ts';
export { splitStatements } from '../parser/index.ts';
