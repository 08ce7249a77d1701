/*
 * Sums over the rows of a run, for best-loops.mjs: the count, Σv, Σv² and Σv³. Two or four sums of a kind take turns, since one
 * addition waits for the one before. What is taken off integers is none, so that all are doubles: V8 gives up on integers that grow.
 */

/**
 * Adds a run's sums to its cell.
 * @param {Float64Array} cells @param {number} cell @param {number} n @param {number} v @param {number} v2 @param {number} v3
 */
export function store(cells, cell, n, v, v2, v3) {
  const place = 4 * cell;
  cells[place] += n;
  cells[place + 1] += v;
  cells[place + 2] += v2;
  cells[place + 3] += v3;
}

/**
 * Σ(x/60 − 10)ᵏ as Σ(x − 600)ᵏ/60ᵏ: no division in the loop.
 * @param {Float64Array} cells @param {number} cell @param {Float64Array} x @param {number} start @param {number} end
 */
export function addMinutes(cells, cell, x, start, end) {
  let a = 0, a2 = 0, a3 = 0, b = 0, b2 = 0, b3 = 0, c = 0, c2 = 0, c3 = 0, d = 0, d2 = 0, d3 = 0; // prettier-ignore
  let i = start;
  for (; i + 3 < end; i += 4) {
    const p = x[i] - 600;
    const q = x[i + 1] - 600;
    const r = x[i + 2] - 600;
    const s = x[i + 3] - 600;
    const p2 = p * p;
    const q2 = q * q;
    const r2 = r * r;
    const s2 = s * s;
    a += p;
    b += q;
    c += r;
    d += s;
    a2 += p2;
    b2 += q2;
    c2 += r2;
    d2 += s2;
    a3 += p2 * p;
    b3 += q2 * q;
    c3 += r2 * r;
    d3 += s2 * s;
  }
  for (; i < end; i++) {
    const p = x[i] - 600;
    a += p;
    a2 += p * p;
    a3 += p * p * p;
  }
  store(cells, cell, end - start, (a + b + c + d) / 60, (a2 + b2 + c2 + d2) / 3600, (a3 + b3 + c3 + d3) / 216_000); // prettier-ignore
}

/**
 * The count and sums of x − 620 over the rows where another column is above a limit; others add 0.
 * @param {Float64Array} cells @param {number} cell @param {Float64Array} x @param {Int32Array | Int16Array} limited
 * @param {number} limit what a row of `limited` must be above @param {number} start @param {number} end
 */
export function addSecondsAbove(cells, cell, x, limited, limit, start, end) {
  let n = 0, a = 0, a2 = 0, a3 = 0, b = 0, b2 = 0, b3 = 0; // prettier-ignore
  let i = start;
  for (; i + 1 < end; i += 2) {
    const m = (limit - limited[i]) >>> 31;
    const o = (limit - limited[i + 1]) >>> 31;
    const p = (x[i] - 620) * m;
    const q = (x[i + 1] - 620) * o;
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
    const m = (limit - limited[i]) >>> 31;
    const p = (x[i] - 620) * m;
    n += m;
    a += p;
    a2 += p * p;
    a3 += p * p * p;
  }
  store(cells, cell, n, a + b, a2 + b2, a3 + b3);
}

/**
 * The count and sums of x − 3150.5 over the rows where x is above 3000.
 * @param {Float64Array} cells @param {number} cell @param {Int32Array | Int16Array} x @param {number} start @param {number} end
 */
export function addBitsAbove(cells, cell, x, start, end) {
  let n = 0, a = 0, a2 = 0, a3 = 0, b = 0, b2 = 0, b3 = 0; // prettier-ignore
  let i = start;
  for (; i + 1 < end; i += 2) {
    const m = (3000 - x[i]) >>> 31;
    const o = (3000 - x[i + 1]) >>> 31;
    const p = (x[i] - 3150.5) * m;
    const q = (x[i + 1] - 3150.5) * o;
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
    const m = (3000 - x[i]) >>> 31;
    const p = (x[i] - 3150.5) * m;
    n += m;
    a += p;
    a2 += p * p;
    a3 += p * p * p;
  }
  store(cells, cell, n, a + b, a2 + b2, a3 + b3);
}
