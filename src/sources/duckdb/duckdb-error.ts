import { QueryError } from '../../common/index.ts';
import { refusedCall } from './print-bounded.ts';

/** Kinds of DuckDB errors that a statement or its data can provoke, by the words that DuckDB's messages start with. */
const provoked: readonly (readonly [RegExp, 'EXECUTION' | 'INVALID_FILE' | 'CANCELLED' | 'LIMIT_EXCEEDED' | 'STORAGE'])[] = [
  [/^INTERRUPT Error/, 'CANCELLED'],
  [refusedCall, 'LIMIT_EXCEEDED'],
  [/^(IO Error: .*No space left|IO Error: .*disk)/i, 'STORAGE'],
  [/^IO Error|^Invalid Input Error: .*(parquet|csv|json|file)|^Serialization Error|^Invalid Error: .*(parquet|snappy|zstd|thrift|protocol)/i, 'INVALID_FILE'],
  [/^(Conversion|Out of Range|Invalid Input|Binder|Constraint|Not implemented|Mismatch Type|Invalid Type|Invalid) Error/, 'EXECUTION'],
]; // prettier-ignore

/** Where a path is no file, DuckDB looks for files below it, which it may not. */
const goneFile = /^Permission Error: Cannot access file "(.*)\/\*\*\/\*\.parquet"/;

/**
 * What an error of DuckDB means to the user. An error that no user can provoke (DuckDB did not parse what we printed) stays
 * what it is: a bug.
 */
export function fromDuckDB(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof QueryError) return error;
  const gone = goneFile.exec(error.message);
  if (gone !== null) return new QueryError('MISSING_FILE', `the file ${gone[1]} is gone`, { cause: error });
  const [first = ''] = error.message.split('\n');
  const message = first.replace(/^[A-Za-z ]+ Error: /, '');
  if (first.startsWith('Out of Memory Error'))
    return new QueryError('LIMIT_EXCEEDED', `there is no more room for the statement: ${message}`, {
      hint: 'filter or aggregate earlier, or give the engine more memory (memoryLimitBytes)',
      cause: error,
    });
  const found = provoked.find(([pattern]) => pattern.test(error.message));
  return found === undefined ? error : new QueryError(found[1], message, { cause: error });
}
