import { describe, expect, test } from 'vitest';
import {
  bytesPerValue,
  readAtOnceBytes,
  SharedRoom,
  threadBytes,
  threadStart,
} from '../../src/columns/index.ts';

describe('room for columns', () => {
  test('columns lie in one memory, apart from each other and from what threads have', () => {
    const rows = 100_001;
    const storages = ['float64', 'int8', 'int16', 'uint8'] as const;
    const room = new SharedRoom(storages.map((storage) => rows * bytesPerValue(storage)));
    const columns = storages.map((storage) => room.allocate(storage, rows));
    const memory = columns[0]!.memory!; // there is room for all
    let end = threadStart(1023)! + threadBytes; // the last
    for (const { array, memory: own } of columns) {
      expect(own).toBe(memory);
      expect(array.length).toBe(rows);
      expect(array.byteOffset % readAtOnceBytes).toBe(0);
      expect(array.byteOffset).toBeGreaterThanOrEqual(end);
      end = array.byteOffset + array.byteLength + readAtOnceBytes;
      expect(array.some((value) => value !== 0)).toBe(false);
    }
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(end);
  });

  test('what there is no room for has a buffer of its own', () => {
    const rows = 100_000;
    const room = new SharedRoom([rows]);
    expect(room.allocate('int8', rows).memory).not.toBeNull();
    for (const { array, memory } of [room.allocate('float64', rows), room.allocate('int8', rows)]) {
      expect(memory).toBeNull();
      expect(array.buffer.byteLength).toBe(array.byteLength);
    }
  });

  test('threads have bytes of their own, as many of them as there is room for', () => {
    expect(threadStart(0)).toBe(0);
    expect(threadStart(5)).toBe(5 * threadBytes);
    expect(threadStart(1024)).toBeNull();
  });
});
