/** By what multiple of the mean a client has more than its share. */
const excess = 1.25;
/** What is kept of a count at each ageing, and below what it is forgotten. */
const [kept, least] = [0.7, 0.5];

/** Who was let in how often lately. */
export class ClientShares {
  private readonly counts = new Map<string, number>();
  private total = 0;

  /** True: a client was let in clearly more often than clients are on average; never of one that is alone. */
  hasMore(client: string): boolean {
    return (this.counts.get(client) ?? 0) * this.counts.size > excess * this.total;
  }

  add(client: string): void {
    this.counts.set(client, (this.counts.get(client) ?? 0) + 1);
    this.total++;
  }

  /** What was long ago counts less and less. */
  age(): void {
    this.total = 0;
    for (const [client, count] of this.counts) {
      if (count * kept < least) this.counts.delete(client);
      else {
        this.counts.set(client, count * kept);
        this.total += count * kept;
      }
    }
  }
}
