import { QueryError, seededRandom } from '../../common/index.ts';
import type { TaskFault, TaskFaults } from './task-faults.ts';

const kinds = ['fail', 'stall', 'crash', 'unreadable', 'delay'] as const;

/**
 * Faults by rate, for trials: `unreadable=0.3,crash=0.01,seed=7` has three of ten blocks unreadable for good, and of a hundred tries
 * one end its thread. `fail` fails for good too; `crash`, `stall` and `delay` (of 20 ms) come with a try.
 * @throws QueryError INVALID_ARGUMENT
 */
export function plantFaults(description: string): TaskFaults {
  const rates = new Map<string, number>();
  for (const part of description.split(',')) {
    const [name = '', text = ''] = part.split('=');
    const value = Number(text);
    const isKnown = name === 'seed' || kinds.some((kind) => kind === name);
    if (!isKnown || text === '' || !(value >= 0 && (name === 'seed' || value <= 1)))
      throw new QueryError(
        'INVALID_ARGUMENT',
        `expected faults as unreadable=0.3,crash=0.01,seed=7, found ${part}`,
        {
          hint: `kinds are ${kinds.join(', ')}; rates lie between 0 and 1`,
        },
      );
    rates.set(name, value);
  }
  const seed = rates.get('seed') ?? 0;
  return {
    faultOf({ lastRow }, tries) {
      for (const [place, kind] of kinds.entries()) {
        const isForGood = kind === 'fail' || kind === 'unreadable';
        const random = seededRandom((seed * 31 + place) * 1_000_003 + lastRow * 7 + (isForGood ? 0 : tries));
        if (random.next() < (rates.get(kind) ?? 0)) return faultOf(kind);
      }
      return null;
    },
  };
}

const faultOf = (kind: (typeof kinds)[number]): TaskFault => (kind === 'delay' ? { kind, ms: 20 } : { kind });
