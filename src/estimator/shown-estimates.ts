import type { Estimate, ReasonCode } from '../plan/index.ts';
import type { Draft } from './draft.ts';
import { type Shown, shownEstimate } from './make-estimate.ts';
import { areForgiven, type ErrorTarget, isWithin } from './sizing.ts';
import type { Monotone } from './smooth.ts';

/** The numbers of an estimate, by their places. */
const VALUE = 0;
const LOW = 1;
const HIGH = 2;
const STD_ERROR = 3;
const SUPPORT = 4;
const NUMBERS = 5;

/** What is there of an estimate, as bits. */
const PUT = 1;
const HAS_VALUE = 2;
const HAS_LOW = 4;
const HAS_HIGH = 8;
const HAS_STD_ERROR = 16;
const IS_EXACT = 32;

/** Estimates of one level as plain data: what a thread hands over of them. */
export interface PackedEstimates {
  readonly confidence: number;
  readonly numbers: Float64Array;
  readonly state: Uint8Array;
  readonly reasons: Uint16Array;
  readonly reasonLists: readonly (readonly ReasonCode[])[];
}

/** Estimates of one level by their places, as numbers: there may be a hundred thousand, and most are passed on without a look at each. */
export class ShownEstimates {
  private readonly numbers: Float64Array;
  private readonly state: Uint8Array;
  /** Which of the {@link reasonLists} each has. */
  private readonly reasons: Uint16Array;
  private readonly reasonLists: (readonly ReasonCode[])[];

  /**
   * @param length how many there are
   * @param confidence the level of each, in (0, 1)
   * @param packed they were put down there
   */
  constructor(
    readonly length: number,
    readonly confidence: number,
    packed?: PackedEstimates,
  ) {
    this.numbers = packed?.numbers ?? new Float64Array(length * NUMBERS);
    this.state = packed?.state ?? new Uint8Array(length);
    this.reasons = packed?.reasons ?? new Uint16Array(length);
    this.reasonLists = packed === undefined ? [[]] : [...packed.reasonLists];
  }

  static unpack(packed: PackedEstimates): ShownEstimates {
    return new ShownEstimates(packed.state.length, packed.confidence, packed);
  }

  /** Their data, which is theirs still. */
  pack(): PackedEstimates {
    const { confidence, numbers, state, reasons, reasonLists } = this;
    return { confidence, numbers, state, reasons, reasonLists };
  }

  /** The same as by now. */
  clone(): ShownEstimates {
    const own = new ShownEstimates(this.length, this.confidence);
    own.numbers.set(this.numbers);
    own.state.set(this.state);
    own.reasons.set(this.reasons);
    own.reasonLists.splice(0, 1, ...this.reasonLists);
    return own;
  }

  /** Whether an estimate was put there. */
  has(place: number): boolean {
    return this.state[place] !== 0;
  }

  /** Whether there is one at each place. */
  get isFull(): boolean {
    return !this.state.includes(0);
  }

  /** Puts an estimate down. */
  put(place: number, { value, low, high, stdError, support, exact, reasons }: Shown): void {
    let state = exact ? PUT | IS_EXACT : PUT;
    if (value !== null) state |= HAS_VALUE;
    if (low !== null) state |= HAS_LOW;
    if (high !== null) state |= HAS_HIGH;
    if (stdError !== null) state |= HAS_STD_ERROR;
    this.putNumbers(place, state, value ?? 0, low ?? 0, high ?? 0, stdError ?? 0, support);
    this.reasons[place] = this.placeOfReasons(reasons);
  }

  /** Puts a draft down. @param monotone the rounding around the output; null: there is none */
  putDraft(place: number, draft: Draft, monotone: Monotone | null): void {
    const { exact, hasValue, hasEnds, hasStdError, value, low, high, stdError, support } = draft;
    let state = exact ? PUT | IS_EXACT : PUT;
    if (hasValue) state |= HAS_VALUE;
    if (hasEnds) state |= HAS_LOW | HAS_HIGH;
    if (hasValue && hasStdError) state |= HAS_STD_ERROR;
    if (monotone === null) this.putNumbers(place, state, value, low, high, stdError, support);
    else this.putNumbers(place, state, monotone(value), monotone(low), monotone(high), stdError, support);
    this.reasons[place] = this.placeOfReasons(draft.reasons);
  }

  /** Puts down the ends of an estimate that was put there. @param monotone see {@link putDraft} */
  putEnds(place: number, low: number, high: number, monotone: Monotone | null): void {
    const at = place * NUMBERS;
    this.numbers[at + LOW] = monotone === null ? low : monotone(low);
    this.numbers[at + HIGH] = monotone === null ? high : monotone(high);
    this.state[place]! |= HAS_LOW | HAS_HIGH;
  }

  private putNumbers(
    place: number,
    state: number,
    value: number,
    low: number,
    high: number,
    stdError: number,
    support: number,
  ): void {
    const { numbers } = this;
    const at = place * NUMBERS;
    numbers[at + VALUE] = value;
    numbers[at + LOW] = low;
    numbers[at + HIGH] = high;
    numbers[at + STD_ERROR] = stdError;
    numbers[at + SUPPORT] = support;
    this.state[place] = state;
  }

  /** Puts down what others of the same level have at a place. */
  copy(place: number, others: ShownEstimates, from: number): void {
    for (let number = 0; number < NUMBERS; number++)
      this.numbers[place * NUMBERS + number] = others.numbers[from * NUMBERS + number]!; // a row of numbers a place
    this.state[place] = others.state[from]!; // one a place
    this.reasons[place] = this.placeOfReasons(others.reasonsAt(from));
  }

  /** An estimate that was put down. */
  at(place: number): Estimate {
    return shownEstimate({
      value: this.valueAt(place),
      low: this.numberAt(place, LOW, HAS_LOW),
      high: this.numberAt(place, HIGH, HAS_HIGH),
      stdError: this.stdErrorAt(place),
      exact: this.isExact(place),
      reasons: this.reasonsAt(place),
      confidence: this.confidence,
      support: this.supportAt(place),
    });
  }

  /** Those in [from, to). */
  slice(from: number, to: number): Estimate[] {
    return Array.from({ length: to - from }, (_, place) => this.at(from + place));
  }

  /** The largest half-width as a share of the value of those in [from, to), at least 0; null where one has none. */
  largestRelativeError(from: number, to: number): number | null {
    const { numbers, state: states } = this;
    const hasError = HAS_VALUE | HAS_LOW | HAS_HIGH;
    let largest = 0;
    for (let place = from; place < to; place++) {
      // As a shown estimate has it (make-estimate.ts), of numbers alone.
      const state = states[place]!; // one a place
      if ((state & IS_EXACT) !== 0 && (state & HAS_VALUE) !== 0) continue;
      const value = numbers[place * NUMBERS + VALUE]!; // a row of numbers a place
      if ((state & hasError) !== hasError || value === 0) return null;
      const low = numbers[place * NUMBERS + LOW]!;
      const high = numbers[place * NUMBERS + HIGH]!;
      const error = Math.max(value - low, high - value) / Math.abs(value);
      if (error > largest) largest = error;
    }
    return largest;
  }

  /** Whether a reason stands against any of them. */
  says(reason: ReasonCode): boolean {
    const says = this.reasonLists.map((list) => list.includes(reason));
    return says.includes(true) && this.reasons.some((list) => says[list] === true);
  }

  valueAt(place: number): number | null {
    return this.numberAt(place, VALUE, HAS_VALUE);
  }

  stdErrorAt(place: number): number | null {
    return this.numberAt(place, STD_ERROR, HAS_STD_ERROR);
  }

  supportAt(place: number): number {
    return this.numbers[place * NUMBERS + SUPPORT]!; // a row of numbers a place
  }

  hasValue(place: number): boolean {
    return (this.state[place]! & HAS_VALUE) !== 0; // one a place
  }

  /** Puts value, standard error and support of an estimate down among others' numbers; what there is none of is of no use, or 0. */
  putValue(place: number, into: Float64Array, at: number): void {
    const { numbers } = this;
    const own = place * NUMBERS;
    into[at] = numbers[own + VALUE]!; // a row of numbers a place
    into[at + 1] = (this.state[place]! & HAS_STD_ERROR) === 0 ? 0 : numbers[own + STD_ERROR]!;
    into[at + 2] = numbers[own + SUPPORT]!;
  }

  isExact(place: number): boolean {
    return (this.state[place]! & IS_EXACT) !== 0;
  }

  reasonsAt(place: number): readonly ReasonCode[] {
    return this.reasonLists[this.reasons[place]!]!; // one of them
  }

  /** Whether it has no reasons against its certification. */
  isCertified(place: number): boolean {
    return this.reasons[place] === 0; // the first list is empty
  }

  /** Whether it keeps a target, see {@link meetsTarget}. */
  meetsTarget(place: number, target: ErrorTarget, forgiven: ReasonCode | null): boolean {
    const state = this.state[place]!; // one a place
    if ((state & HAS_VALUE) === 0) return this.isExact(place);
    if (!this.isCertified(place) && !areForgiven(this.reasonsAt(place), forgiven)) return false;
    const { numbers } = this;
    const at = place * NUMBERS;
    const hasEnds = (state & HAS_LOW) !== 0 && (state & HAS_HIGH) !== 0;
    return hasEnds && isWithin(numbers[at + VALUE]!, numbers[at + LOW]!, numbers[at + HIGH]!, target); // a row of numbers a place
  }

  /** Whether there was no time for its interval. */
  isOutOfTime(place: number): boolean {
    return (this.state[place]! & (HAS_LOW | HAS_HIGH)) === 0 && this.reasonsAt(place).includes('OUT_OF_TIME');
  }

  private numberAt(place: number, number: number, bit: number): number | null {
    return (this.state[place]! & bit) === 0 ? null : this.numbers[place * NUMBERS + number]!; // a row of numbers a place
  }

  /** There are few different lists. */
  private placeOfReasons(reasons: readonly ReasonCode[]): number {
    const { reasonLists } = this;
    for (let place = 0; place < reasonLists.length; place++)
      if (isSame(reasonLists[place]!, reasons)) return place; // place < length
    return reasonLists.push([...reasons]) - 1;
  }
}

function isSame(one: readonly ReasonCode[], other: readonly ReasonCode[]): boolean {
  if (one.length !== other.length) return false;
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false;
  return true;
}
