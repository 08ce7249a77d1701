import { control, unsigned } from './instructions.ts';

/** Types of values, as modules write them. */
const types = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof types;

/** What every module begins with: its mark, and the version of the format. */
const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A memory that threads share, of so many pages at most as there can be. */
const sharedMemory = [2, 3, 0, ...unsigned(2 ** 16)];

const listed = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const section = (id: number, items: readonly (readonly number[])[]): number[] => [
  id,
  ...sized(listed(items)),
];
const text = (value: string): number[] => sized([...Buffer.from(value)]);

/** A function without a result, in the making. What it pushes and takes is its user's care. */
export class FunctionCode {
  private readonly bytes: number[] = [];
  /** Of parameters, and of variables behind them. */
  private readonly types: ValueType[] = [];
  private parameters = 0;

  /** A parameter; all of them come before the first variable. @returns its place */
  parameter(type: ValueType): number {
    this.types.push(type);
    return this.parameters++;
  }

  /** A variable, 0 at first. @returns its place */
  local(type: ValueType): number {
    return this.types.push(type) - 1;
  }

  locals(type: ValueType, count: number): number[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  add(...instructions: readonly (readonly number[])[]): void {
    for (const instruction of instructions) this.bytes.push(...instruction);
  }

  /**
   * A module that exports it as `run`, over a shared memory that is given to it as `memory` of `given`.
   * @see WebAssembly Core Specification 2.0, section 5.5
   */
  module(): Uint8Array {
    const { parameters, bytes } = this;
    const [given, own] = [this.types.slice(0, parameters), this.types.slice(parameters)];
    return Uint8Array.from([
      ...head,
      ...section(1, [[0x60, ...listed(given.map((type) => [types[type]])), 0]]),
      ...section(2, [[...text('given'), ...text('memory'), ...sharedMemory]]),
      ...section(3, [[0]]),
      ...section(7, [[...text('run'), 0, 0]]),
      ...section(10, [sized([...listed(own.map((type) => [1, types[type]])), ...bytes, ...control.end])]),
    ]);
  }
}
