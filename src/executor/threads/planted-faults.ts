import { QueryError, seededRandom } from '../../common/index.ts';
import type { BandName } from '../../samples/index.ts';
import type { TaskFault, TaskFaults } from './task-faults.ts';

const kinds = ['fail', 'stall', 'crash', 'unreadable', 'delay'] as const;
type FaultKind = (typeof kinds)[number];

/** What is to happen how often, and where. */
interface FaultPlan {
  readonly rates: ReadonlyMap<FaultKind, number>;
  readonly seed: number;
  /** Of blocks that begin here alone; null: of all. */
  readonly band: BandName | null;
}

/**
 * Faults by rate, for trials: `unreadable=0.3,crash=0.01,seed=7` has three of ten blocks unreadable for good, and of a hundred tries
 * one end its thread. `fail` fails for good too; `crash`, `stall` and `delay` (of 20 ms) come with a try. `class=whole` has blocks suffer
 * that begin with rows of strata taken whole, and no others; `class=3` those that begin in the band of ranks [64, 128), the bands being
 * counted from 0, which is `first` too.
 * @throws QueryError INVALID_ARGUMENT
 */
export function plantFaults(description: string): TaskFaults {
  const { rates, seed, band: only } = parsePlan(description);
  return {
    faultOf({ lastRow, band }, tries) {
      if (only !== null && band !== only) return null;
      for (const [place, kind] of kinds.entries()) {
        const isForGood = kind === 'fail' || kind === 'unreadable';
        const random = seededRandom((seed * 31 + place) * 1_000_003 + lastRow * 7 + (isForGood ? 0 : tries));
        if (random.next() < (rates.get(kind) ?? 0)) return faultOf(kind);
      }
      return null;
    },
  };
}

const faultOf = (kind: FaultKind): TaskFault => (kind === 'delay' ? { kind, ms: 20 } : { kind });

function parsePlan(description: string): FaultPlan {
  const rates = new Map<FaultKind, number>();
  let seed = 0;
  let band: BandName | null = null;
  for (const part of description.split(',')) {
    const [name = '', text = ''] = part.split('=');
    const kind = kinds.find((each) => each === name);
    const isNumber = /^\d+(\.\d+)?(e-?\d+)?$/i.test(text);
    if (kind !== undefined && isNumber && Number(text) <= 1) rates.set(kind, Number(text));
    else if (name === 'seed' && isNumber) seed = Number(text);
    else if (name === 'class' && /^(whole|first|\d+)$/.test(text))
      band = text === 'whole' ? text : text === 'first' ? 0 : Number(text);
    else
      throw new QueryError(
        'INVALID_ARGUMENT',
        `expected faults as unreadable=0.3,crash=0.01,class=first,seed=7, found ${part}`,
        {
          hint: `kinds are ${kinds.join(', ')}; rates lie between 0 and 1; classes are whole, first and the numbers of bands of ranks`,
        },
      );
  }
  return { rates, seed, band };
}
