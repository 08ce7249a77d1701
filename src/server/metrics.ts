import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { QueryResultJson } from '../index.ts';
import type { Pipeline } from './pipeline.ts';
import type { StatementEnd } from './statements.ts';
import type { AdmissionMetrics, StageMetrics } from './stages/index.ts';

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
  private readonly ends = new Counter({
    name: 'ballpark_statements_total',
    help: 'Statements by what became of them: served, shed for load, or failed.',
    labelNames: ['end'],
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

  /** Shows what the stages are at whenever somebody looks. */
  watch(pipeline: Pipeline): void {
    const { registry } = this;
    const stageGauge = (name: string, help: string, of: (stage: StageMetrics) => number): Gauge =>
      new Gauge({
        name: `ballpark_stage_${name}`,
        help,
        labelNames: ['stage'],
        registers: [registry],
        collect() {
          for (const stage of pipeline.metrics().stages) this.set({ stage: stage.name }, of(stage));
        },
      });
    stageGauge('queued', 'Works that wait.', ({ queued }) => queued);
    stageGauge('queued_bytes', 'What they take of memory.', ({ queuedBytes }) => queuedBytes);
    stageGauge('running', 'Works in the handler.', ({ runningWorks }) => runningWorks);
    stageGauge('pool', 'Batches that may be in the handler at once.', ({ poolSize }) => poolSize);
    stageGauge('batch', 'Works that may be handled together.', ({ batchSize }) => batchSize);
    stageGauge('offered', 'Works that came.', ({ offered }) => offered);
    stageGauge('done', 'Works that were handled.', ({ done }) => done);
    stageGauge('failed', 'Works that failed.', ({ failed }) => failed);
    stageGauge('refused', 'Works for which there was no room.', ({ refused }) => refused);
    stageGauge('dropped', 'Works that were given up in the queue.', ({ dropped }) =>
      Object.values(dropped).reduce((sum, count) => sum + count, 0),
    );
    const admissionGauge = (name: string, help: string, of: (admission: AdmissionMetrics) => number): Gauge =>
      new Gauge({
        name: `ballpark_admission_${name}`,
        help,
        registers: [registry],
        collect() {
          const { admission } = pipeline.metrics();
          if (admission !== null) this.set(of(admission));
        },
      });
    admissionGauge(
      'share',
      'Share of the rows that statements without an error bound read.',
      ({ share }) => share,
    );
    admissionGauge('rate', 'Statements a second that are let in; +Inf: all.', ({ rate }) => rate);
    admissionGauge('refused', 'Statements that were not let in.', ({ refused }) => refused);
    admissionGauge(
      'p90_seconds',
      '90th percentile of the time that statements took.',
      ({ p90Ms }) => (p90Ms ?? 0) / 1000,
    );
  }

  /** A statement's end: each that came has one. */
  countEnd(end: StatementEnd): void {
    this.ends.inc({ end });
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
