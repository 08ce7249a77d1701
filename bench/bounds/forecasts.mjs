/*
 * Scores what the engine predicted of its answers against what came of them.
 */
import { median, quantile } from 'simple-statistics';

/** @typedef {import('./ask.mjs').Forecast} Forecast */

/** Forecasts that come before are for learning. */
const learningMax = 50;
/** A time is right within this factor, or so many milliseconds; an error within this share, where so many rows matched. */
const timesMax = 2;
const msMax = 3;
const errorShareMax = 0.3;
const supportMin = 100;
/** So large a share of the forecasts is to be right. */
export const rightMin = 0.9;

/**
 * What came of forecasts of a kind.
 * @typedef {object} ForecastScore
 * @property {string} kind
 * @property {number} count
 * @property {number} right share of those that are
 * @property {number} median predicted by measured
 * @property {number} low one in twenty is less
 * @property {number} high one in twenty is more
 */

/** @param {string} kind @param {readonly Ratio[]} ratios @returns {ForecastScore} */
function scoreRatios(kind, ratios) {
  const values = ratios.map(({ ratio }) => ratio);
  const at = (/** @type {number} */ share) => (values.length === 0 ? Number.NaN : quantile(values, share));
  return {
    kind,
    count: values.length,
    right: ratios.filter(({ isRight }) => isRight).length / Math.max(1, values.length),
    median: values.length === 0 ? Number.NaN : median(values),
    low: at(0.05),
    high: at(0.95),
  };
}

/** @typedef {{ratio: number, isRight: boolean}} Ratio */

/** @param {Forecast} forecast @returns {Ratio} */
function timeRatio({ predictedMs, elapsedMs }) {
  const ratio = predictedMs / elapsedMs;
  const isNear = Math.abs(predictedMs - elapsedMs) <= msMax;
  return { ratio, isRight: isNear || (ratio <= timesMax && ratio >= 1 / timesMax) };
}

/** @param {readonly import('./ask.mjs').Outcome[]} outcomes in the order in which they were asked @returns {ForecastScore[]} */
export function scoreForecasts(outcomes) {
  const forecasts = outcomes.flatMap((outcome) => outcome.forecasts).slice(learningMax);
  const ofMode = (/** @type {string} */ wanted) => forecasts.filter(({ mode }) => mode === wanted);
  const errors = ofMode('approximate').flatMap(({ predictedError, achievedError, support }) => {
    if (predictedError === null || achievedError === null || support < supportMin || achievedError === 0)
      return [];
    const ratio = predictedError / achievedError;
    // Where the pilot was enough nothing was predicted but what it said.
    if (Math.abs(ratio - 1) < 1e-9) return [];
    return [{ ratio, isRight: Math.abs(ratio - 1) <= errorShareMax }];
  });
  return [
    scoreRatios('time, all', forecasts.map(timeRatio)),
    scoreRatios('time of sampled answers', ofMode('approximate').map(timeRatio)),
    scoreRatios('time of exact answers', ofMode('exact').map(timeRatio)),
    scoreRatios('error', errors),
  ];
}
