/*
 * stages: a library to carry work under load, after SEDA (Welsh, Culler, Brewer, SOSP 2001). It stands by itself.
 * In: works, a clock. Out: a bounded queue that shapes load.
 * Always: a work that is offered is refused, dropped, served or failed, one of these, once.
 */
export type { DropReason, StageClock, Work } from './work.ts';
export { WorkQueue } from './work-queue.ts';
