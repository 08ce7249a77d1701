import { table } from '../text-table.mjs';
import { goodTimes } from './run-loads.mjs';

const share = ({ held, count }) => (count === 0 ? '–' : (held / count).toFixed(3));
const ms = (/** @type {number} */ value) => (Number.isNaN(value) ? '–' : value.toFixed(0));

/** @param {readonly import('./run-loads.mjs').LoadRun[]} runs */
export function loadTable(runs) {
  const head = ['load', '', 'offered', 'served', 'shed', 'failed', 'goodput', 'p50', 'p99', 'shed p99', 'lag p99', 'degraded', 'cover', 'recovery']; // prettier-ignore
  return table(
    head,
    runs.map((run) => [
      `${run.factor} ×`, '', `${run.offered}`, `${run.served}`, `${run.shed}`, `${run.failed}`, run.goodput.toFixed(1),
      ms(run.p50), ms(run.p99), ms(run.shedP99), ms(run.lagP99), `${(100 * run.degraded).toFixed(0)} %`,
      `${share(run.cover)}/${share(run.coverDegraded)}`, run.recoveryMs === null ? '' : ms(run.recoveryMs),
    ]), // prettier-ignore
  );
}

const line = (/** @type {string} */ name, run, /** @type {string} */ gone) => [
  name,
  '',
  run.goodput.toFixed(1),
  ms(run.p99),
  `${run.failed}`,
  gone,
];

/** @param {import('./slow-sockets.mjs').SlowRun} run */
export function slowTable({ alone, beside, goneMs }) {
  const head = ['', '', 'goodput', 'p99', 'failed', 'gone after'];
  return table(head, [
    line('alone', alone, ''),
    line('beside them', beside, `${(goneMs / 1000).toFixed(1)} s`),
  ]);
}

/** Parts of the nominal coverage that must be kept. */
const coverLeast = 0.94;

/** What was promised and is not kept, in words. @returns {string[]} */
export function checkPromises({ controlled, slow, targetMs }) {
  const broken = [];
  const require = (/** @type {boolean} */ isKept, /** @type {string} */ what) => isKept || broken.push(what);
  if (controlled !== null) {
    // Of one load they are few: all together.
    const cut = controlled.reduce(
      (sum, { coverDegraded: { held, count } }) => ({ held: sum.held + held, count: sum.count + count }),
      { held: 0, count: 0 },
    );
    require(cut.count > 0 &&
      cut.held / cut.count >=
        coverLeast, `intervals of answers that were cut short cover ${share(cut)} (${coverLeast} asked)`);
    const peak = Math.max(...controlled.map(({ goodput }) => goodput));
    for (const run of controlled) {
      const { factor, offered, served, shed, failed, goodput, p99, shedP99, lagP99, loosened, recoveryMs } =
        run;
      const at = `at ${factor} times the capacity`;
      const least = factor >= 5 ? 0.8 : factor >= 2 ? 0.9 : 0;
      require(goodput >=
        least *
          peak, `goodput ${at} is ${((100 * goodput) / peak).toFixed(0)} % of the peak (${100 * least} asked)`);
      require(p99 <=
        goodTimes * targetMs, `the 99th percentile ${at} is ${ms(p99)} ms (${goodTimes * targetMs} asked)`);
      require(shedP99 <= 50, `refusals ${at} take ${ms(shedP99)} ms (50 asked)`);
      require(lagP99 <= 50, `the event loop is ${ms(lagP99)} ms late ${at} (50 asked)`);
      require(served + shed + failed === offered, `${at} not every request is accounted for`);
      require(failed === 0, `${failed} requests failed ${at}`);
      require(loosened === 0, `${loosened} answers within ERROR were loosened ${at}`);
      require(recoveryMs === null ||
        recoveryMs <= 2000, `recovery took ${ms(recoveryMs ?? 0)} ms (2000 asked)`);
    }
  }
  if (slow !== null) {
    require(slow.beside.goodput >= 0.95 * slow.alone.goodput, 'goodput beside slow sockets is below 95 %');
    require(slow.goneMs <=
      11_000, `slow sockets were there for ${(slow.goneMs / 1000).toFixed(1)} s (11 asked)`);
  }
  return broken;
}
