import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IndexedHeap } from '../../../src/server/stages/indexed-heap.ts';

test('whatever is added and removed, the first and the last are at hand, and all come out in order', () => {
  const steps = fc.array(
    fc.record({ value: fc.integer({ min: 0, max: 50 }), removes: fc.option(fc.nat()) }),
    {
      maxLength: 80,
      size: 'max',
    },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new IndexedHeap<{ readonly value: number; place: number }>((a, b) => a.value < b.value);
      const held: { readonly value: number; place: number }[] = [];
      for (const { value, removes } of all) {
        const entry = { value, place: -1 };
        heap.add(entry);
        held.push(entry);
        if (removes !== null && removes % 2 === 0) {
          const [gone] = held.splice(removes % held.length, 1);
          heap.remove(gone!); // one was just added
          expect(gone!.place).toBe(-1);
          expect(() => heap.remove(gone!)).toThrow(RangeError);
        }
        const values = held.map((each) => each.value);
        expect(heap.first?.value ?? Infinity).toBe(Math.min(...values));
        expect(heap.last?.value ?? -Infinity).toBe(Math.max(...values));
        expect(new Set(heap)).toEqual(new Set(held));
      }
      const drained: number[] = [];
      for (let next = heap.first; next !== undefined; next = heap.first) {
        drained.push(next.value);
        heap.remove(next);
      }
      expect(drained).toEqual(held.map((each) => each.value).sort((x, y) => x - y));
    }),
    { numRuns: 500 },
  );
});
