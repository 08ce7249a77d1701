/** Up to so many group codes are indexed directly. */
const directCodesMax = 2 ** 20;

/** The groups that the rows of one key belong to, and the key's sums in each. Emptied before the next key. */
export class KeyGroups {
  /** `stride` sums a group met. Replaced when it grows: kernels read it anew after adding a group. */
  sums: Float64Array;
  /** Groups met. */
  count = 0;
  private readonly direct: Int32Array | null;
  private readonly hashed = new Map<number, number>();
  private groups = new Float64Array(16);

  /**
   * @param codes group codes are below this
   * @param stride sums a group
   */
  constructor(
    codes: number,
    private readonly stride: number,
  ) {
    this.direct = codes <= directCodesMax ? new Int32Array(codes) : null;
    this.sums = new Float64Array(16 * stride);
  }

  /** The place of a group among those met, added where it is new. */
  place(group: number): number {
    const known = (this.direct === null ? this.hashed.get(group) : this.direct[group]) ?? 0;
    if (known > 0) return known - 1;
    if (this.count === this.groups.length) this.grow();
    this.groups[this.count] = group;
    this.sums.fill(0, this.count * this.stride, (this.count + 1) * this.stride);
    const place = this.count++;
    if (this.direct === null) this.hashed.set(group, place + 1);
    else this.direct[group] = place + 1;
    return place;
  }

  groupAt(place: number): number {
    return this.groups[place]!; // place < count
  }

  clear(): void {
    if (this.direct === null) this.hashed.clear();
    else for (let place = 0; place < this.count; place++) this.direct[this.groups[place]!] = 0;
    this.count = 0;
  }

  private grow(): void {
    const [groups, sums] = [new Float64Array(this.groups.length * 2), new Float64Array(this.sums.length * 2)];
    groups.set(this.groups);
    sums.set(this.sums);
    this.groups = groups;
    this.sums = sums;
  }
}
