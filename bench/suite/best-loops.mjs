/*
 * The best that we know to write by hand for each query: runs of strata that cannot match are skipped, a run's sums stay in local
 * variables (best-sums.mjs), no branch depends on a value.
 * In and out as in naive-loops.mjs.
 */

import { addBitsAbove, addMinutes, addSecondsAbove, store } from './best-sums.mjs';

/** @typedef {import('./loop-input.mjs').LoopInput} LoopInput */

/** Rows whose places are kept at a time. */
const pieceRows = 4096;
const selection = new Int32Array(pieceRows);

/** @param {LoopInput} input */
function s1({ values }) {
  const time = values('session_time');
  return (cells) => addMinutes(cells, 0, time, 0, time.length);
}

/** @param {LoopInput} input */
function s2({ values, code }) {
  const [time, bitrate, browser] = ['session_time', 'bitrate', 'browser'].map(values);
  const chrome = code('browser', 'chrome');
  return (cells) => {
    let n = 0, a = 0, a2 = 0, a3 = 0, b = 0, b2 = 0, b3 = 0; // prettier-ignore
    for (let start = 0; start < time.length; start += pieceRows) {
      const end = Math.min(time.length, start + pieceRows);
      let count = 0;
      for (let i = start; i < end; i++) {
        selection[count] = i;
        count += ((3000 - bitrate[i]) >>> 31) & (((browser[i] ^ chrome) - 1) >>> 31);
      }
      n += count;
      let j = 0;
      for (; j + 1 < count; j += 2) {
        const p = time[selection[j]] - 620;
        const q = time[selection[j + 1]] - 620;
        const p2 = p * p;
        const q2 = q * q;
        a += p;
        b += q;
        a2 += p2;
        b2 += q2;
        a3 += p2 * p;
        b3 += q2 * q;
      }
      if (j < count) {
        const p = time[selection[j]] - 620;
        a += p;
        a2 += p * p;
        a3 += p * p * p;
      }
    }
    store(cells, 0, n, a + b, a2 + b2, a3 + b3);
  };
}

/** @param {LoopInput} input */
function s3({ values, runs, has }) {
  const [time, bitrate] = ['session_time', 'bitrate'].map(values);
  const isIn = has('genre', ['western']);
  return (cells) => {
    for (let run = 0; run < runs.length; run += 3)
      if (isIn[runs[run]] === 1)
        addSecondsAbove(cells, runs[run], time, bitrate, 500, runs[run + 1], runs[run + 2]);
  };
}

/** @param {LoopInput} input */
function s4({ values, runs, has }) {
  const time = values('session_time');
  const isIn = has('genre', ['western']);
  return (cells) => {
    for (let run = 0; run < runs.length; run += 3)
      if (isIn[runs[run]] === 1) addMinutes(cells, runs[run], time, runs[run + 1], runs[run + 2]);
  };
}

/** @param {LoopInput} input */
function s5({ values, runs }) {
  const [time, bitrate] = ['session_time', 'bitrate'].map(values);
  return (cells) => {
    for (let run = 0; run < runs.length; run += 3)
      addSecondsAbove(cells, runs[run], time, bitrate, 3000, runs[run + 1], runs[run + 2]);
  };
}

/** @param {LoopInput} input */
function s6({ values, runs }) {
  const bitrate = values('bitrate');
  return (cells) => {
    for (let run = 0; run < runs.length; run += 3)
      addBitsAbove(cells, runs[run], bitrate, runs[run + 1], runs[run + 2]);
  };
}

/** @param {LoopInput} input */
function s7({ values }) {
  const [time, bitrate, city] = ['session_time', 'bitrate', 'city'].map(values);
  return (cells) => {
    for (let i = 0; i < time.length; i++) {
      const place = 4 * (city[i] * 21 + ((bitrate[i] / 300) | 0));
      const p = time[i] - 620;
      const p2 = p * p;
      cells[place]++;
      cells[place + 1] += p;
      cells[place + 2] += p2;
      cells[place + 3] += p2 * p;
    }
  };
}

/** The two values of a row have cells of their own. @param {LoopInput} input */
function s9({ values, runs, has }) {
  const [time, bytes, buffering] = ['session_time', 'bytes', 'buffering_ms'].map(values);
  const isIn = has('genre', ['western', 'drama']);
  return (cells) => {
    for (let run = 0; run < runs.length; run += 3) {
      const stratum = runs[run];
      const start = runs[run + 1];
      const end = runs[run + 2];
      if (isIn[stratum] === 0) continue;
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
    }
  };
}

/** @param {LoopInput} input */
function s10({ values, texts, runs }) {
  const [bitrate, city] = ['bitrate', 'city'].map(values);
  const names = texts('city');
  const matches = new Uint8Array(names.length);
  return (cells) => {
    for (let place = 0; place < names.length; place++)
      matches[place] = names[place].startsWith('c00') ? 1 : 0;
    for (let run = 0; run < runs.length; run += 3) {
      const end = runs[run + 2];
      let n = 0, a = 0, a2 = 0, a3 = 0, b = 0, b2 = 0, b3 = 0; // prettier-ignore
      let i = runs[run + 1];
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
      store(cells, runs[run], n, a + b, a2 + b2, a3 + b3);
    }
  };
}

const dayUs = 86_400e6;

/** @param {LoopInput} input */
function s11({ values }) {
  const [bitrate, ts] = ['bitrate', 'ts'].map(values);
  const [newYear, july] = [0, 6].map((month) => Date.UTC(2025, month, 1) * 1000);
  // Counts of microseconds are far apart from whole days, next to what rounding does to the product.
  const months = Int32Array.from({ length: 366 }, (_, day) => new Date(newYear / 1000 + day * 86_400e3).getUTCMonth()); // prettier-ignore
  return (cells) => {
    for (let start = 0; start < ts.length; start += pieceRows) {
      const end = Math.min(ts.length, start + pieceRows);
      let count = 0;
      for (let i = start; i < end; i++) {
        selection[count] = i;
        count += +(ts[i] >= july);
      }
      for (let j = 0; j < count; j++) {
        const i = selection[j];
        const place = 4 * months[((ts[i] - newYear) * (1 / dayUs)) | 0];
        const p = bitrate[i] - 3150.5;
        const p2 = p * p;
        cells[place]++;
        cells[place + 1] += p;
        cells[place + 2] += p2;
        cells[place + 3] += p2 * p;
      }
    }
  };
}

/** By the query's name. */
export const bestLoops = { s1, s2, s3, s4, s5, s6, s7, s8: s6, s9, s10, s11 };
