import type { GroupEstimate, GroupEstimator, MetGroup } from './estimate-groups.ts';
import { confirmTails, type TailRows } from './hill.ts';

interface Made {
  readonly own: GroupEstimate;
  readonly isConfirmed: boolean;
}

/** The intervals of groups, each made when it is first asked for: most answers show few of the groups that were met. */
export class GroupIntervals {
  private readonly made = new Map<number, (Made | undefined)[]>();
  private tailRows: TailRows | null = null;

  /**
   * @param cells how many there may be
   * @param confidence the level of each, in (0, 1)
   * @param readRows gives the values of matching rows that tails are judged by
   */
  constructor(
    private readonly estimator: GroupEstimator,
    readonly cells: number,
    private readonly confidence: number,
    private readonly readRows: () => TailRows,
  ) {}

  /** The estimate of the query's interval at a place. */
  at(group: MetGroup, place: number): GroupEstimate {
    return this.of(group, place).own;
  }

  /** Takes back the certification of those whose tails are too heavy. */
  confirm(groups: readonly MetGroup[], places: readonly number[]): void {
    if (places.length === 0) return;
    const open = groups.flatMap((group) => {
      const own = places.filter((place) => !this.of(group, place).isConfirmed);
      return own.length === 0
        ? []
        : [{ group, places: own, estimates: own.map((place) => this.at(group, place)) }];
    });
    const confirmed = confirmTails(this.estimator.moments, open, () => (this.tailRows ??= this.readRows()));
    for (const [index, { group, places: own }] of open.entries())
      for (const [at, place] of own.entries())
        this.rowOf(group)[place] = { own: confirmed[index]![at]!, isConfirmed: true }; // one a group and place
  }

  private of(group: MetGroup, place: number): Made {
    const row = this.rowOf(group);
    return (row[place] ??= {
      own: this.estimator.estimateAt(group, place, this.confidence),
      isConfirmed: false,
    });
  }

  private rowOf({ group }: MetGroup): (Made | undefined)[] {
    const row = this.made.get(group) ?? [];
    this.made.set(group, row);
    return row;
  }
}
