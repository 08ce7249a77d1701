import { Agent } from 'node:http';
import { ask } from './open-loop.mjs';

const clientCounts = [1, 4, 8, 16, 32, 64];

/**
 * What a server can do for clients that each ask as soon as they were answered, or as a refusal says: the most of several numbers of clients.
 * @param {string} address @param {() => import('./questions.mjs').Question} draw @param {number} seconds for each
 * @returns {Promise<{rate: number, clients: number, meanMs: number}>} answers a second; by how many; what one takes alone
 */
export async function measureCapacity(address, draw, seconds) {
  // Code is optimised step by step.
  await closedLoop(address, draw, 4, seconds / 2);
  let best = { rate: 0, clients: 0 };
  let meanMs = 0;
  for (const clients of clientCounts) {
    const rate = await closedLoop(address, draw, clients, seconds / 2);
    if (clients === 1) meanMs = 1000 / rate;
    if (rate > best.rate) best = { rate, clients };
  }
  return { ...best, meanMs };
}

/** @param {string} address @param {() => import('./questions.mjs').Question} draw @param {number} clients @param {number} seconds */
async function closedLoop(address, draw, clients, seconds) {
  const agent = new Agent({ keepAlive: true });
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let answers = 0;
  const client = async () => {
    while (performance.now() < endMs) {
      const { end, why, retryAfterMs } = await ask(agent, address, draw(), performance.now(), 60_000);
      if (end === 'failed') throw new Error(`a question failed: ${why}`);
      if (end === 'served') answers++;
      else await new Promise((resume) => setTimeout(resume, retryAfterMs));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return (answers * 1000) / (performance.now() - startMs);
}
