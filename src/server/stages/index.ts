/*
 * stages: a library to carry work under load, after SEDA (Welsh, Culler, Brewer, SOSP 2001). It stands by itself.
 * In: works, a handler, a clock. Out: a stage: a bounded queue that shapes load, a pool and batches that size themselves, metrics;
 * and admission, which degrades work before it refuses any.
 * Always: a work that is offered is refused, dropped, served or failed, one of these, once.
 */
export {
  type Admission,
  AdmissionController,
  type AdmissionMetrics,
  type AdmissionOptions,
  type Backlog,
  type Served,
} from './admission-controller.ts';
export { BatchController } from './batch-controller.ts';
export { PoolController } from './pool-controller.ts';
export { Stage, type StageMetrics, type StageOptions } from './stage.ts';
export type { DropReason, StageClock, Work } from './work.ts';
export { WorkQueue } from './work-queue.ts';
