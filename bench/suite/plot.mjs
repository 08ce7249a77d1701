import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const width = 760;
const sides = {
  exact: 'DuckDB, exact',
  own: 'ours',
  bernoulli: 'DuckDB, bernoulli sample',
  system: 'DuckDB, system sample',
};
const colours = { domain: Object.values(sides), range: ['#4269d0', '#e15759', '#9aa5b1', '#c9b458'] };

/** @typedef {{rows: number, answers: readonly import('./compare-answers.mjs').AnswerComparison[]}} PlottedSize */

/** The times of a query's answers, milliseconds. @param {PlottedSize} size */
function timesOf({ rows, answers }) {
  return answers.flatMap(({ query, exactMs, ownMs, sampled }) => {
    const shared = { rows, query: `${query.name} ${query.shows}`, name: query.name };
    return [
      { ...shared, side: sides.exact, ms: exactMs },
      { ...shared, side: sides.own, ms: ownMs },
      ...sampled.map(({ way, ms }) => ({ ...shared, side: sides[way], ms })),
    ];
  });
}

/**
 * Draws how long answers take: by query at the largest size, and by size for each query.
 * @param {readonly PlottedSize[]} sizes ascending
 * @returns {string} an SVG file
 */
export function plotAnswers(sizes) {
  const { document } = parseHTML('<html><body></body></html>');
  const largest = timesOf(sizes.at(-1));
  const names = [...new Set(largest.map(({ query }) => query))];
  const time = { type: /** @type {const} */ ('log'), grid: true, label: 'milliseconds', tickFormat: '~s' };
  const shared = { document, width, color: colours, style: { background: 'white', color: 'black' } };
  const byQuery = Plot.plot({
    ...shared,
    height: 60 + 24 * names.length,
    marginLeft: 210,
    marginTop: 40,
    x: { ...time, axis: 'top' },
    y: { domain: names, label: null },
    marks: [
      Plot.ruleY(names, { stroke: '#eee' }),
      Plot.dot(largest, { x: 'ms', y: 'query', fill: 'side', r: 4.5 }),
    ],
  });
  const all = sizes.flatMap(timesOf);
  const byRows = Plot.plot({
    ...shared,
    height: 460,
    marginLeft: 60,
    marginRight: 40,
    marginTop: 40,
    x: { type: 'log', label: 'rows of the table', ticks: sizes.map(({ rows }) => rows), tickFormat: '~s' },
    y: time,
    marks: [
      Plot.line(all, { x: 'rows', y: 'ms', stroke: 'side', z: ({ side, name }) => `${side} ${name}`, strokeOpacity: 0.6 }), // prettier-ignore
      Plot.dot(all, { x: 'rows', y: 'ms', fill: 'side', r: 2.5 }),
    ],
  });
  return stack(document, [byQuery, byRows]);
}

/** Puts plots under a legend and each other. @param {Document} document @param {readonly Element[]} plots */
function stack(document, plots) {
  const legendHeight = 30;
  const svg = (/** @type {string} */ name, /** @type {Record<string, string | number>} */ attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const height = plots.reduce((sum, plot) => sum + Number(plot.getAttribute('height')), legendHeight);
  const root = svg('svg', { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, 'font-family': 'system-ui, sans-serif', 'font-size': 12 }); // prettier-ignore
  root.append(svg('rect', { width, height, fill: 'white' }));
  for (const [place, side] of colours.domain.entries()) {
    const x = 14 + place * 185;
    const label = svg('text', { x: x + 12, y: 20 });
    label.textContent = side;
    root.append(svg('circle', { cx: x, cy: 16, r: 5, fill: colours.range[place] }), label);
  }
  let top = legendHeight;
  for (const plot of plots) {
    plot.setAttribute('y', String(top));
    top += Number(plot.getAttribute('height'));
    root.append(plot);
  }
  return `${root.outerHTML}\n`;
}
