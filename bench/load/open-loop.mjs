import { Agent, request } from 'node:http';

/**
 * What became of a request.
 * @typedef {object} Outcome
 * @property {'served' | 'shed' | 'failed'} end shed: 429 or 503 with Retry-After; failed: anything else than an answer
 * @property {string} kind of the question
 * @property {number} atMs when it was sent, from the start
 * @property {number} elapsedMs from when it was due
 * @property {string} why of a failure
 * @property {number} retryAfterMs of a refusal, when to come again
 * @property {number | null} rowsShare of the sample's rows where load cut it short
 * @property {string} sql as it was before its constants were changed
 * @property {unknown} answer null: it was too large to be looked at, or none
 */

/** Sockets at most: a client that has more is told nothing by them. */
const socketsMax = 4000;
/** Bytes of an answer that is looked at, at most. */
const lookedMax = 1 << 20;

/**
 * Sends questions at the times of a Poisson process, whether or not others were answered, and waits for what became of them.
 * @param {object} load
 * @param {string} load.address of the server
 * @param {number} load.rate a second
 * @param {number} load.seconds
 * @param {number} load.patienceMs when a request is given up
 * @param {() => import('./questions.mjs').Question} load.draw
 * @param {() => number} load.random
 * @returns {Promise<Outcome[]>}
 */
export async function sendOpenLoop({ address, rate, seconds, patienceMs, draw, random }) {
  const agent = new Agent({ keepAlive: true, maxSockets: socketsMax });
  const outcomes = [];
  const startMs = performance.now();
  let dueMs = 0;
  const pending = new Set();
  while (dueMs < seconds * 1000) {
    dueMs += (-Math.log(1 - random()) * 1000) / rate;
    const waitMs = dueMs - (performance.now() - startMs);
    if (waitMs > 1) await new Promise((resume) => setTimeout(resume, waitMs));
    const question = draw();
    const atMs = dueMs;
    const asked = ask(agent, address, question, startMs + dueMs, patienceMs).then((outcome) => {
      pending.delete(asked);
      outcomes.push({ ...outcome, kind: question.kind, sql: question.id, atMs });
    });
    pending.add(asked);
    // Others get their answers between two sends, however many are due.
    if (waitMs <= 1 && pending.size % 16 === 0) await new Promise((resume) => setImmediate(resume));
  }
  await Promise.all(pending);
  agent.destroy();
  return outcomes;
}

/**
 * Asks one question.
 * @param {Agent} agent @param {string} address @param {{readonly sql: string}} question @param {number} dueMs @param {number} patienceMs
 */
export function ask(agent, address, { sql }, dueMs, patienceMs) {
  return new Promise((resolve) => {
    const end = (/** @type {object} */ outcome) =>
      resolve({
        why: '',
        retryAfterMs: 0,
        rowsShare: null,
        answer: null,
        ...outcome,
        elapsedMs: performance.now() - dueMs,
      });
    const body = JSON.stringify({ sql });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(`${address}/v1/query`, { agent, method: 'POST', headers }, (response) => {
      const chunks = [];
      let bytes = 0;
      response.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes <= lookedMax) chunks.push(chunk);
      });
      response.on('end', () =>
        end(read(response, bytes <= lookedMax ? Buffer.concat(chunks).toString() : null)),
      );
      response.on('error', (error) => end({ end: 'failed', why: error.message }));
    });
    const patience = setTimeout(() => asked.destroy(new Error('gave up')), patienceMs);
    asked.on('close', () => clearTimeout(patience));
    asked.on('error', (error) => end({ end: 'failed', why: error.message }));
    asked.end(body);
  });
}

/** @param {import('node:http').IncomingMessage} response @param {string | null} text */
function read({ statusCode, headers }, text) {
  if (statusCode === 503 || statusCode === 429)
    return headers['retry-after'] === undefined
      ? { end: 'failed', why: `${statusCode} without Retry-After` }
      : { end: 'shed', retryAfterMs: 1000 * Number(headers['retry-after']) };
  if (statusCode !== 200) return { end: 'failed', why: `${statusCode} ${text}` };
  const answer = text === null ? null : JSON.parse(text);
  return { end: 'served', answer, rowsShare: answer?.answer.degraded?.rowsShare ?? null };
}
