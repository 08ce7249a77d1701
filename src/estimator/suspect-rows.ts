import type { Moments, ReasonCode } from '../plan/index.ts';
import { GroupEstimator } from './estimate-groups.ts';
import type { EstimateRequest, GroupEstimate } from './estimate-output.ts';
import type { MetGroup } from './met-group.ts';
import { estimateOf, unbounded } from './make-estimate.ts';
import { isPlain } from './plain.ts';

/** What rows are taken for whose values are not known: they do not match; they match, with the least values; with the greatest. */
type Assumption = 'none' | 'least' | 'greatest';

/** Outputs that say something of unknown rows, and what they are taken for at either end. */
const assumptions: readonly { readonly name: string; readonly low: Assumption; readonly high: Assumption }[] =
  [
    { name: 'count', low: 'none', high: 'greatest' },
    { name: 'sum', low: 'least', high: 'greatest' },
  ];

/**
 * Widens intervals for rows that were lost, maybe because of their values. They count among those read: at the low end of a count they do
 * not match and at the high end all of them do; in a sum they are min(0, least value) and max(0, greatest value). The interval is the
 * union of both ends'; of other outputs nothing is certain. The value is that of the rows that were not lost.
 */
export class SuspectRows {
  private readonly made = new Map<Assumption, { estimator: GroupEstimator; groups: Map<number, MetGroup> }>();

  /**
   * @param request of the estimates to widen
   * @param suspect for each stratum the rows that were lost so; its moments do not count them among those read
   */
  constructor(
    private readonly request: EstimateRequest,
    private readonly suspect: Int32Array,
  ) {}

  /** The estimate of an output's group with all that such rows may change. */
  widen(group: MetGroup, interval: number, own: GroupEstimate, confidence: number): GroupEstimate {
    const { query, moments } = this.request;
    const found = assumptions.find(({ name }) => isPlain(name, query, own.prepared));
    const isKnown = moments.keys === null && moments.layout.weightMeasure === null;
    const ends =
      found === undefined || !isKnown
        ? null
        : [found.low, found.high].map((assumed) => this.under(assumed, group, interval, confidence));
    const [low, high] = [ends?.[0]?.low ?? null, ends?.[1]?.high ?? null];
    const isBounded = low !== null && high !== null && Number.isFinite(low) && Number.isFinite(high);
    const reasons: ReasonCode[] = [...own.estimate.reasons, ...(isBounded ? [] : ['LOST_ROWS' as const])];
    const { stdError, support, value } = own.estimate;
    const error = isBounded
      ? { low: Math.min(low, value ?? low), high: Math.max(high, value ?? high), stdError, exact: false }
      : unbounded;
    const estimate = estimateOf(value, { ...error, reasons }, null, { confidence, support });
    return { ...own, estimate };
  }

  private under(
    assumed: Assumption,
    { group }: MetGroup,
    interval: number,
    confidence: number,
  ): { readonly low: number | null; readonly high: number | null } | null {
    const { estimator, groups } = this.estimatorUnder(assumed);
    const met = groups.get(group);
    return met === undefined ? null : estimator.estimateAt(met, interval, confidence).estimate;
  }

  private estimatorUnder(assumed: Assumption): { estimator: GroupEstimator; groups: Map<number, MetGroup> } {
    const known = this.made.get(assumed);
    if (known !== undefined) return known;
    const moments = withRows(this.request.moments, this.suspect, assumed);
    const estimator = new GroupEstimator({ ...this.request, moments });
    const groups = new Map(estimator.meet().map((met) => [met.group, met]));
    const made = { estimator, groups };
    this.made.set(assumed, made);
    return made;
  }
}

/** The moments with rows of unknown values among those read. */
function withRows(moments: Moments, suspect: Int32Array, assumed: Assumption): Moments {
  const rowsRead = moments.rowsRead.map((rows, stratum) => rows + suspect[stratum]!); // one entry a stratum
  if (assumed === 'none') return { ...moments, rowsRead };
  const { layout, centres, population } = moments;
  // A row that adds nothing to a sum is one whose value is 0.
  const values = population.map(({ low, high }, measure) => {
    const value = assumed === 'least' ? Math.min(0, low) : Math.max(0, high);
    return value - centres[measure]!; // one a measure
  });
  const ofRow = layout.monomials.map((monomial) =>
    monomial.reduce((product, { measure, power }) => product * values[measure]! ** power, 1),
  );
  const cells = moments.groupsByStratum ? moments : withAllCells(moments, suspect);
  const stride = layout.monomials.length;
  const sums = cells.sums.map((sum, place) => {
    const rows = suspect[cells.cellStratum[Math.floor(place / stride)]!]!; // stride sums a cell
    return rows === 0 ? sum : sum + rows * ofRow[place % stride]!;
  });
  return { ...moments, ...cells, sums, rowsRead };
}

/** With a cell for each group in each stratum that has suspect rows: any of them may be any group's. */
function withAllCells(
  moments: Moments,
  suspect: Int32Array,
): Pick<Moments, 'cellCount' | 'cellGroup' | 'cellStratum' | 'sums'> {
  const { cellCount, cellGroup, cellStratum, sums, groupCount } = moments;
  const stride = moments.layout.monomials.length;
  const placeOf = new Map<string, number>();
  for (let cell = 0; cell < cellCount; cell++) placeOf.set(`${cellGroup[cell]},${cellStratum[cell]}`, cell);
  const cells: [group: number, stratum: number][] = [];
  for (let group = 0; group < groupCount; group++) {
    for (const [stratum, rows] of suspect.entries())
      if (rows > 0 || placeOf.has(`${group},${stratum}`)) cells.push([group, stratum]);
  }
  const widened = new Float64Array(cells.length * stride);
  for (const [place, [group, stratum]] of cells.entries()) {
    const cell = placeOf.get(`${group},${stratum}`);
    if (cell !== undefined) widened.set(sums.subarray(cell * stride, (cell + 1) * stride), place * stride);
  }
  return {
    cellCount: cells.length,
    cellGroup: Int32Array.from(cells, ([group]) => group),
    cellStratum: Int32Array.from(cells, ([, stratum]) => stratum),
    sums: widened,
  };
}
