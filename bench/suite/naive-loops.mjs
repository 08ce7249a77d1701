/*
 * What one writes first for each query: one loop over the rows, a branch for the condition, a cell found for each row. In: the columns
 * of a sample as arrays. Out: for each cell the count, Σv, Σv² and Σv³ of its rows, v being the value less a constant.
 */

/** @typedef {import('./loop-input.mjs').LoopInput} LoopInput */

/** Adds a value to its cell. @param {Float64Array} cells @param {number} cell @param {number} v */
function add(cells, cell, v) {
  const place = 4 * cell;
  cells[place]++;
  cells[place + 1] += v;
  cells[place + 2] += v * v;
  cells[place + 3] += v * v * v;
}

/** @param {LoopInput} input */
function s1({ values }) {
  const time = values('session_time');
  return (cells) => {
    for (let i = 0; i < time.length; i++) add(cells, 0, time[i] / 60 - 10);
  };
}

/** @param {LoopInput} input */
function s2({ values, code }) {
  const [time, bitrate, browser] = ['session_time', 'bitrate', 'browser'].map(values);
  const chrome = code('browser', 'chrome');
  return (cells) => {
    for (let i = 0; i < time.length; i++)
      if (browser[i] === chrome && bitrate[i] > 3000) add(cells, 0, time[i] - 620);
  };
}

/** @param {LoopInput} input */
function s3({ values, code }) {
  const [time, bitrate, genre, stratum] = ['session_time', 'bitrate', 'genre', '__stratum'].map(values);
  const western = code('genre', 'western');
  return (cells) => {
    for (let i = 0; i < time.length; i++)
      if (genre[i] === western && bitrate[i] > 500) add(cells, stratum[i], time[i] - 620);
  };
}

/** @param {LoopInput} input */
function s4({ values, code }) {
  const [time, genre, stratum] = ['session_time', 'genre', '__stratum'].map(values);
  const western = code('genre', 'western');
  return (cells) => {
    for (let i = 0; i < time.length; i++) if (genre[i] === western) add(cells, stratum[i], time[i] / 60 - 10);
  };
}

/** @param {LoopInput} input */
function s5({ values }) {
  const [time, bitrate, stratum] = ['session_time', 'bitrate', '__stratum'].map(values);
  return (cells) => {
    for (let i = 0; i < time.length; i++) if (bitrate[i] > 3000) add(cells, stratum[i], time[i] - 620);
  };
}

/** @param {LoopInput} input */
function s6({ values }) {
  const [bitrate, stratum] = ['bitrate', '__stratum'].map(values);
  return (cells) => {
    for (let i = 0; i < bitrate.length; i++)
      if (bitrate[i] > 3000) add(cells, stratum[i], bitrate[i] - 3150.5);
  };
}

/** @param {LoopInput} input */
function s7({ values }) {
  const [time, bitrate, city] = ['session_time', 'bitrate', 'city'].map(values);
  return (cells) => {
    for (let i = 0; i < time.length; i++)
      add(cells, city[i] * 21 + Math.floor(bitrate[i] / 300), time[i] - 620);
  };
}

/** @param {LoopInput} input */
function s8({ values }) {
  const [bitrate, stratum] = ['bitrate', '__stratum'].map(values);
  return (cells) => {
    for (let i = 0; i < bitrate.length; i++)
      if (bitrate[i] > 3000) add(cells, stratum[i], bitrate[i] - 3150.5);
  };
}

/** The two values of a row have cells of their own. @param {LoopInput} input */
function s9({ values, code }) {
  const [time, bytes, buffering] = ['session_time', 'bytes', 'buffering_ms'].map(values);
  const [genre, stratum] = ['genre', '__stratum'].map(values);
  const [western, drama] = [code('genre', 'western'), code('genre', 'drama')];
  return (cells) => {
    for (let i = 0; i < time.length; i++) {
      if (genre[i] === western || genre[i] === drama) {
        add(cells, 2 * stratum[i], buffering[i] > 1000 ? 1 : 0);
        if (time[i] !== 0) add(cells, 2 * stratum[i] + 1, bytes[i] / time[i] - 354_000);
      }
    }
  };
}

/** @param {LoopInput} input */
function s10({ values, texts }) {
  const [bitrate, city, stratum] = ['bitrate', 'city', '__stratum'].map(values);
  const names = texts('city');
  return (cells) => {
    for (let i = 0; i < bitrate.length; i++)
      if (names[city[i]].startsWith('c00')) add(cells, stratum[i], bitrate[i] - 3150.5);
  };
}

/** @param {LoopInput} input */
function s11({ values }) {
  const [bitrate, ts] = ['bitrate', 'ts'].map(values);
  const july = Date.UTC(2025, 6, 1) * 1000;
  return (cells) => {
    for (let i = 0; i < bitrate.length; i++)
      if (ts[i] >= july) add(cells, new Date(ts[i] / 1000).getUTCMonth(), bitrate[i] - 3150.5);
  };
}

/** By the query's name. */
export const naiveLoops = { s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 };
