/** Matching rows by stratum, their Σ w² (1 − f) and Σ w³ (1 − f); in columns, for very many estimates are judged by them. */
export class MatchList {
  count = 0;
  stratum = new Int32Array(16);
  weights2 = new Float64Array(16);
  weights3 = new Float64Array(16);

  clear(): void {
    this.count = 0;
  }

  add(stratum: number, weights2: number, weights3: number): void {
    if (this.count === this.stratum.length) this.grow();
    const place = this.count++;
    this.stratum[place] = stratum;
    this.weights2[place] = weights2;
    this.weights3[place] = weights3;
  }

  private grow(): void {
    const { stratum, weights2, weights3 } = this;
    const room = 2 * this.count;
    this.stratum = new Int32Array(room);
    this.stratum.set(stratum);
    this.weights2 = new Float64Array(room);
    this.weights2.set(weights2);
    this.weights3 = new Float64Array(room);
    this.weights3.set(weights3);
  }
}
