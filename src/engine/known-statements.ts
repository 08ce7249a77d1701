import { isDeepStrictEqual } from 'node:util';
import type { CatalogSnapshot } from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
import { parseStatement, type SelectStatement, shapeOf, type Statement } from '../parser/index.ts';
import { type Parameters, planSelect, type SelectPlan } from '../planner/index.ts';

/** Texts that are kept, and characters of one at most. */
const textsMax = 256;
const charactersMax = 4096;

/** A SELECT, planned, and the shape of its text. */
interface Planned {
  readonly plan: SelectPlan;
  readonly shape: string;
}

/** What is known of a text. */
interface Known {
  readonly statement: Statement;
  /** The plan, and the catalog that it is for; null: there is none that would do again. */
  planned: (Planned & { readonly snapshot: CatalogSnapshot }) | null;
}

/**
 * Statements that were asked before. What hangs on the text and the catalog alone is not worked out anew: dashboards ask the same again
 * and again, and of a small answer from a sample that is a good part. The plan is the same object each time, so that others can keep
 * what they make of it beside it.
 */
export class KnownStatements {
  /** The one that was asked last is the last. */
  private readonly texts = new Map<string, Known>();

  constructor(private readonly clock: Clock) {}

  /** @throws QueryError as {@link parseStatement} does */
  parse(sql: string): Statement {
    const known = this.texts.get(sql) ?? { statement: parseStatement(sql), planned: null };
    if (sql.length > charactersMax) return known.statement;
    this.texts.delete(sql);
    this.texts.set(sql, known);
    if (this.texts.size > textsMax) this.texts.delete(this.texts.keys().next().value!); // not empty
    return known.statement;
  }

  /** @param select of the text @throws QueryError as {@link planSelect} does */
  plan(sql: string, select: SelectStatement, snapshot: CatalogSnapshot, params: Parameters): Planned {
    const known = this.texts.get(sql);
    const isPlain = Array.isArray(params) && params.length === 0;
    if (known?.planned?.snapshot === snapshot && isPlain) return known.planned;
    let asksTime = false;
    const clock: Clock = {
      nowMs: () => {
        asksTime = true;
        return this.clock.nowMs();
      },
      monotonicMs: () => this.clock.monotonicMs(),
    };
    const plan = keepQuery(planSelect(select, snapshot, params, clock), known?.planned?.plan);
    const planned = { plan, shape: shapeOf(sql, select.query.span), snapshot };
    if (known !== undefined) known.planned = isPlain && !asksTime ? planned : null;
    return planned;
  }
}

/**
 * A catalog that has changed seldom makes the same text ask anything else of samples: its query stays the same object, and with it what
 * others have made of it, loops and paces too.
 */
function keepQuery(plan: SelectPlan, before: SelectPlan | undefined): SelectPlan {
  const { aggregate } = plan;
  const query = before?.aggregate?.sampling?.query;
  if (aggregate === null || aggregate.sampling === null || query === undefined) return plan;
  if (!isDeepStrictEqual(aggregate.sampling.query, query)) return plan;
  return { ...plan, aggregate: { ...aggregate, sampling: { ...aggregate.sampling, query } } };
}

/** The SELECT of a statement that has one. */
export function selectOf(statement: Statement): SelectStatement | null {
  if (statement.kind === 'select-statement') return statement;
  return statement.kind === 'explain' ? statement.statement : null;
}
