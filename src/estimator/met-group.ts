import { clear, type List } from '../common/index.ts';
import { type Moments, plainAlgebra } from '../plan/index.ts';
import {
  aggregateValue,
  type CellRange,
  estimateTotals,
  type GroupTotals,
  type LotOfCells,
} from './group-totals.ts';
import type { ListedGroups } from './listed-groups.ts';
import { groupScope, ScopeRoom } from './scope.ts';

/** A group that has rows in the sample, or the one group of a query without GROUP BY. */
export interface MetGroup extends GroupTotals {
  /** Point values of all aggregates, for HAVING and ORDER BY; null where SQL has NULL. */
  readonly aggregates: readonly (number | null)[];
}

/** What all groups share. */
export interface GroupsMet extends Pick<GroupTotals, 'query' | 'aggregateTotals' | 'moments'> {
  readonly listed: ListedGroups | null;
  /** Where each group's cells start; one more entry closes the last. */
  readonly starts: Int32Array;
  /** All rows were read. */
  readonly isComplete: boolean;
  /** The totals of the group that was asked last: its intervals are made one after the other. */
  readonly last: { group: number; readonly totals: number[] };
}

/** A group whose totals and values are computed when they are asked for, and are of use until another group is asked: there may be a hundred thousand. */
class SummedGroup implements MetGroup, CellRange {
  constructor(
    private readonly met: GroupsMet,
    readonly group: number,
    readonly from: number,
    readonly to: number,
  ) {}

  get query(): GroupTotals['query'] {
    return this.met.query;
  }

  get aggregateTotals(): GroupTotals['aggregateTotals'] {
    return this.met.aggregateTotals;
  }

  get moments(): GroupTotals['moments'] {
    return this.met.moments;
  }

  get listed(): ListedGroups | null {
    return this.met.listed;
  }

  get cells(): CellRange {
    return this;
  }

  get totals(): readonly number[] {
    const { met, group } = this;
    const { last } = met;
    if (last.group !== group) estimateTotals(met.moments, this, last.totals);
    last.group = group;
    return last.totals;
  }

  get aggregates(): readonly (number | null)[] {
    return aggregatesOf(this, this.met.isComplete);
  }
}

/** The groups that have rows, as numbers: there may be a hundred thousand, and an object of each keeps the collector busy. Each is made when it is asked for. */
export class MetGroups implements List<MetGroup> {
  /**
   * @param places of the groups in the moments
   * @param listed by place in this list: groups whose values were put in order; null: no values are listed
   */
  constructor(
    private readonly met: GroupsMet,
    readonly places: Int32Array,
    private readonly listed: readonly MetGroup[] | null,
  ) {}

  get length(): number {
    return this.places.length;
  }

  /** The group at a place below `length`; another object each time where it is made of numbers. */
  at(place: number): MetGroup {
    if (this.listed !== null) return this.listed[place]!; // place < length
    const group = this.places[place]!; // place < length
    return new SummedGroup(this.met, group, this.met.starts[group]!, this.met.starts[group + 1]!); // one more start than groups
  }

  /** Those in [from, to). */
  slice(from: number, to: number): MetGroups {
    return new MetGroups(this.met, this.places.subarray(from, to), this.listed?.slice(from, to) ?? null);
  }
}

/** The number in the moments of a group of a list, without an object for it where numbers tell. */
export function groupAt(groups: List<MetGroup>, place: number): number {
  return groups instanceof MetGroups ? groups.places[place]! : groups.at(place)!.group; // place < length
}

/** Groups that are estimated together: those of a list from a place on, with their cells as numbers. */
export class GroupLot implements LotOfCells {
  first = 0;
  count = 0;
  readonly groups: MetGroup[] = [];
  /** Of each, where groups have strata of their own. */
  readonly scopes: ScopeRoom[] = [];
  readonly from: Int32Array;
  readonly to: Int32Array;

  /** @param room for so many at most */
  constructor(room: number) {
    this.from = new Int32Array(room);
    this.to = new Int32Array(room);
  }

  /** Takes groups [from, to) of a list. */
  take(groups: List<MetGroup>, from: number, to: number): void {
    this.first = from;
    this.count = to - from;
    for (let place = 0; place < this.count; place++) {
      const group = groups.at(from + place)!; // a place of the list
      this.groups[place] = group;
      this.from[place] = group.cells.from;
      this.to[place] = group.cells.to;
    }
  }

  /** Holds on to no group, and what it is of, any more. */
  letGo(): void {
    clear(this.groups);
  }

  /** Finds the scopes of groups that have strata of their own. */
  findScopes(moments: Moments): void {
    for (let place = 0; place < this.count; place++)
      groupScope(moments, this.groups[place]!.cells, (this.scopes[place] ??= new ScopeRoom())); // place < count
  }
}

/** The same of a group whose values were put in order: as it is then. */
export function listedGroup(met: GroupsMet, group: number, cells: CellRange): MetGroup {
  const { query, aggregateTotals, moments, listed, isComplete } = met;
  const totals = estimateTotals(moments, cells, []);
  const own = { query, aggregateTotals, moments, listed, group, cells, totals };
  return { aggregates: aggregatesOf(own, isComplete), ...own };
}

function aggregatesOf(group: GroupTotals, isComplete: boolean): (number | null)[] {
  const values = Array<number | null>(group.query.aggregates.length);
  for (let index = 0; index < values.length; index++)
    values[index] = aggregateValue(group, index, plainAlgebra, asItIs, isComplete);
  return values;
}

const asItIs = (value: number): number => value;
