import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { QueryResultJson } from '../index.ts';

/** Seconds that answers take. */
const buckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

/** What the server counts, for Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'ballpark_http_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['route', 'method', 'status'],
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: 'ballpark_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['route'],
    buckets,
    registers: [this.registry],
  });
  private readonly answers = new Counter({
    name: 'ballpark_answers_total',
    help: 'Final answers by how they were found, whether the bound asked for was reached, and whether load cut them short.',
    labelNames: ['mode', 'met', 'degraded'],
    registers: [this.registry],
  });
  private readonly estimates = new Counter({
    name: 'ballpark_intervals_total',
    help: 'Intervals in approximate answers; of those that are not certified the nominal coverage is not promised.',
    labelNames: ['certified'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'ballpark_' });
  }

  countRequest(route: string, method: string, status: number, elapsedMs: number): void {
    this.requests.inc({ route, method, status });
    this.seconds.observe({ route }, elapsedMs / 1000);
  }

  countAnswer({ answer }: Pick<QueryResultJson, 'answer'>): void {
    const { mode, met, degraded } = answer;
    this.answers.inc({ mode, met: String(met), degraded: String(degraded !== null) });
  }

  /** @param certified of so many intervals */
  countIntervals(count: number, certified: number): void {
    this.estimates.inc({ certified: 'true' }, certified);
    this.estimates.inc({ certified: 'false' }, count - certified);
  }
}
