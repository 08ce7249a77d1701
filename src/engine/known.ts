import type {
  ErrorTarget,
  GroupEstimate,
  GroupEstimator,
  GroupIntervals,
  MetGroup,
  MetGroups,
} from '../estimator/index.ts';
import { type List, mapInPieces, type Pieces } from '../common/index.ts';
import type { KeyColumn } from '../executor/index.ts';
import { accessorValue, type AggregateQuery, type ReasonCode, type Scalar } from '../plan/index.ts';
import type { ChosenRows, GroupSlots, RowList } from './answer-rows.ts';

/** Groups that are read without giving way. */
const rowsAtOnce = 1024;

/** What groups are read with. */
export interface GroupReader {
  readonly query: AggregateQuery;
  readonly intervals: GroupIntervals;
  /** The value of a group's key. */
  readonly key: (group: number, index: number) => Scalar;
  /** All keys of groups, one column each. */
  readonly keyColumns: (groups: Int32Array) => readonly KeyColumn[];
}

/** A group, and the row of the answer that it may be. All that is said of it is looked up when it is asked for: there may be a hundred thousand. */
export class ReadGroup implements GroupSlots {
  constructor(
    readonly reader: GroupReader,
    readonly group: MetGroup,
  ) {}

  get keys(): readonly Scalar[] {
    return this.reader.query.keys.map((_, index) => this.key(index));
  }

  key(index: number): Scalar {
    return this.reader.key(this.group.group, index);
  }

  /** Point values. */
  get aggregates(): readonly Scalar[] {
    return this.group.aggregates;
  }

  accessor(index: number): Scalar {
    const { query, intervals } = this.reader;
    const { name, interval } = query.accessors[index]!; // slots name accessors
    return accessorValue(name, intervals.estimateAt(this.group, interval));
  }

  /** Of the intervals that outputs show or speak of, with what sizing needs of them. */
  get estimates(): readonly GroupEstimate[] {
    const { query, intervals } = this.reader;
    // A plain loop: there may be tens of thousands of rows, and a deadline waits behind them.
    const estimates = Array<GroupEstimate>(query.shownIntervals);
    for (let place = 0; place < estimates.length; place++) estimates[place] = intervals.at(this.group, place);
    return estimates;
  }

  /** How many these are. */
  get estimateCount(): number {
    return this.reader.query.shownIntervals;
  }

  /** Whether all of them keep a target. @param forgiven a reason that is no obstacle */
  meetsTarget(target: ErrorTarget, forgiven: ReasonCode | null): boolean {
    for (let place = 0; place < this.estimateCount; place++)
      if (!this.reader.intervals.meetsTarget(this.group, place, target, forgiven)) return false;
    return true;
  }
}

/** Groups as rows of an answer, each made when it is asked for. */
export class GroupRows implements RowList<ReadGroup> {
  constructor(
    readonly reader: GroupReader,
    readonly groups: MetGroups,
  ) {}

  get length(): number {
    return this.groups.length;
  }

  at(place: number): ReadGroup {
    return new ReadGroup(this.reader, this.groups.at(place));
  }

  slice(from = 0, to = this.length): GroupRows {
    return new GroupRows(this.reader, this.groups.slice(from, to));
  }
}

/** What is known after so many rows. */
export interface Known {
  /** Of each interval, or of all at once. */
  readonly confidence: number;
  readonly estimator: GroupEstimator;
  readonly intervals: GroupIntervals;
  /** All groups that were met. */
  readonly groups: MetGroups;
  /** The groups that the answer shows, and those that it leaves out. */
  readonly chosen: ChosenRows<ReadGroup>;
  /** Pairs of stratum and group that a group has on average. */
  readonly cellsAGroup: number;
}

/** A row of the answer, whose estimates were made. */
export type EstimatedRow = ReadGroup;

/** The rows of an answer. */
export type EstimatedRows = List<EstimatedRow>;

/** The groups that rows are of. */
export function* groupsOf(rows: List<ReadGroup>): Pieces<List<MetGroup>> {
  return rows instanceof GroupRows ? rows.groups : yield* mapInPieces(rows, ({ group }) => group, rowsAtOnce);
}
