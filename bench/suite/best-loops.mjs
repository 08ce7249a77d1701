/*
 * The best that we know to write by hand for each query: runs of strata that cannot match are skipped, a run's sums stay in local
 * variables (best-sums.mjs), no branch depends on a value.
 * In and out as in naive-loops.mjs.
 */

import { addBitsAbove, addMinutes, addSecondsAbove, store } from './best-sums.mjs';

/** @typedef {import('./loop-input.mjs').LoopInput} LoopInput */

/** Rows that a loop adds up at a call. */
const blockRows = 16_384;
/** Rows between two stores: what comes behind a short loop has been run when V8 compiles it. */
const pieceRows = 4096;
const selection = new Int32Array(blockRows);

/**
 * A loop that is called for each block of rows. It takes the arrays into names of its own before it begins: V8 knows their places and
 * lengths by then, but in a call that goes on and on it does not.
 * @param {number} rows @param {(cells: Float64Array, start: number, end: number) => void} add
 */
const byBlocks = (rows, add) => (cells) => {
  for (let start = 0; start < rows; start += blockRows) add(cells, start, Math.min(rows, start + blockRows));
};

/**
 * The same, called for each run of the strata that are taken.
 * @param {Int32Array} runs @param {Uint8Array | null} isIn null: all strata
 * @param {(cells: Float64Array, stratum: number, start: number, end: number) => void} add
 */
const byRuns = (runs, isIn, add) => (cells) => {
  for (let run = 0; run < runs.length; run += 3)
    if (isIn === null || isIn[runs[run]] === 1) add(cells, runs[run], runs[run + 1], runs[run + 2]);
};

/** @param {LoopInput} input */
function s1({ values }) {
  const time = values('session_time');
  return byBlocks(time.length, (cells, start, end) => addMinutes(cells, 0, time, start, end));
}

/** @param {LoopInput} input */
function s2({ values, code }) {
  const [times, bitrates, browsers] = ['session_time', 'bitrate', 'browser'].map(values);
  const chrome = code('browser', 'chrome');
  return byBlocks(times.length, (cells, from, to) => {
    const time = times;
    const bitrate = bitrates;
    const browser = browsers;
    for (let start = from; start < to; start += pieceRows) {
      const end = Math.min(to, start + pieceRows);
      let n = 0, a = 0, a2 = 0, a3 = 0, n1 = 0, b = 0, b2 = 0, b3 = 0; // prettier-ignore
      let i = start;
      for (const stop = end - 1; i < stop; i += 2) {
        const m = (browser[i] === chrome) & (bitrate[i] > 3000);
        const o = (browser[i + 1] === chrome) & (bitrate[i + 1] > 3000);
        const p = (time[i] - 620) * m;
        const q = (time[i + 1] - 620) * o;
        n += m;
        n1 += o;
        a += p;
        b += q;
        a2 += p * p;
        b2 += q * q;
        a3 += p * p * p;
        b3 += q * q * q;
      }
      if (i < end) {
        const m = (browser[i] === chrome) & (bitrate[i] > 3000);
        const p = (time[i] - 620) * m;
        n += m;
        a += p;
        a2 += p * p;
        a3 += p * p * p;
      }
      store(cells, 0, n + n1, a + b, a2 + b2, a3 + b3);
    }
  });
}

/** @param {LoopInput} input */
function s3({ values, runs, has }) {
  const [time, bitrate] = ['session_time', 'bitrate'].map(values);
  return byRuns(runs, has('genre', ['western']), (cells, stratum, start, end) =>
    addSecondsAbove(cells, stratum, time, bitrate, 500, start, end),
  );
}

/** @param {LoopInput} input */
function s4({ values, runs, has }) {
  const time = values('session_time');
  return byRuns(runs, has('genre', ['western']), (cells, stratum, start, end) =>
    addMinutes(cells, stratum, time, start, end),
  );
}

/** @param {LoopInput} input */
function s5({ values, runs }) {
  const [time, bitrate] = ['session_time', 'bitrate'].map(values);
  return byRuns(runs, null, (cells, stratum, start, end) =>
    addSecondsAbove(cells, stratum, time, bitrate, 3000, start, end),
  );
}

/** @param {LoopInput} input */
function s6({ values, runs }) {
  const bitrate = values('bitrate');
  return byRuns(runs, null, (cells, stratum, start, end) =>
    addBitsAbove(cells, stratum, bitrate, start, end),
  );
}

/** @param {LoopInput} input */
function s7({ values }) {
  const [times, bitrates, cities] = ['session_time', 'bitrate', 'city'].map(values);
  return byBlocks(times.length, (cells, start, end) => {
    const time = times;
    const bitrate = bitrates;
    const city = cities;
    for (let i = start; i < end; i++) {
      const place = 4 * (city[i] * 21 + ((bitrate[i] / 300) | 0));
      const p = time[i] - 620;
      const p2 = p * p;
      cells[place]++;
      cells[place + 1] += p;
      cells[place + 2] += p2;
      cells[place + 3] += p2 * p;
    }
  });
}

/** The two values of a row have cells of their own. @param {LoopInput} input */
function s9({ values, runs, has }) {
  const [times, sizes, waits] = ['session_time', 'bytes', 'buffering_ms'].map(values);
  return byRuns(runs, has('genre', ['western', 'drama']), (cells, stratum, start, end) => {
    const time = times;
    const bytes = sizes;
    const buffering = waits;
    let long = 0, a = 0, a2 = 0, a3 = 0; // prettier-ignore
    for (let i = start; i < end; i++) {
      const p = bytes[i] / time[i] - 354_000;
      const p2 = p * p;
      long += (1000 - buffering[i]) >>> 31;
      a += p;
      a2 += p2;
      a3 += p2 * p;
    }
    store(cells, 2 * stratum, end - start, long, long, long);
    store(cells, 2 * stratum + 1, end - start, a, a2, a3);
  });
}

/** @param {LoopInput} input */
function s10({ values, texts, runs }) {
  const [bitrates, cities] = ['bitrate', 'city'].map(values);
  const names = texts('city');
  const found = new Uint8Array(names.length);
  const loop = byRuns(runs, null, (cells, stratum, start, end) => {
    const bitrate = bitrates;
    const city = cities;
    const matches = found;
    let n = 0, a = 0, a2 = 0, a3 = 0, b = 0, b2 = 0, b3 = 0; // prettier-ignore
    let i = start;
    for (; i + 1 < end; i += 2) {
      const m = matches[city[i]];
      const o = matches[city[i + 1]];
      const p = (bitrate[i] - 3150.5) * m;
      const q = (bitrate[i + 1] - 3150.5) * o;
      const p2 = p * p;
      const q2 = q * q;
      n += m + o;
      a += p;
      b += q;
      a2 += p2;
      b2 += q2;
      a3 += p2 * p;
      b3 += q2 * q;
    }
    if (i < end) {
      const m = matches[city[i]];
      const p = (bitrate[i] - 3150.5) * m;
      n += m;
      a += p;
      a2 += p * p;
      a3 += p * p * p;
    }
    store(cells, stratum, n, a + b, a2 + b2, a3 + b3);
  });
  return (cells) => {
    for (let place = 0; place < names.length; place++) found[place] = names[place].startsWith('c00') ? 1 : 0;
    loop(cells);
  };
}

const dayUs = 86_400e6;

/** @param {LoopInput} input */
function s11({ values }) {
  const [bitrates, times] = ['bitrate', 'ts'].map(values);
  const [newYear, july] = [0, 6].map((month) => Date.UTC(2025, month, 1) * 1000);
  // Counts of microseconds are far apart from whole days, next to what rounding does to the product.
  const monthOfDay = Int32Array.from({ length: 366 }, (_, day) => new Date(newYear / 1000 + day * 86_400e3).getUTCMonth()); // prettier-ignore
  return byBlocks(times.length, (cells, start, end) => {
    const bitrate = bitrates;
    const ts = times;
    const months = monthOfDay;
    const selected = selection;
    let count = 0;
    for (let i = start; i < end; i++) {
      selected[count] = i;
      count += +(ts[i] >= july);
    }
    for (let j = 0; j < count; j++) {
      const i = selected[j];
      const place = 4 * months[((ts[i] - newYear) * (1 / dayUs)) | 0];
      const p = bitrate[i] - 3150.5;
      const p2 = p * p;
      cells[place]++;
      cells[place + 1] += p;
      cells[place + 2] += p2;
      cells[place + 3] += p2 * p;
    }
  });
}

/** By the query's name. */
export const bestLoops = { s1, s2, s3, s4, s5, s6, s7, s8: s6, s9, s10, s11 };
