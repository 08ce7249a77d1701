import type * as Library from '../index.ts';
import { loadBundle } from './index.ts';

/** What users import: the public API. Its types are bundled from src/index.ts itself. */
export const { errorCodes, linePositionOf, openEngine, QueryError, renderError, splitStatements } =
  loadBundle('library.cjs') as typeof Library; // the bundle of src/index.ts
