import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
/** A server without controllers may have work for minutes left: it is not waited for. */
const patienceMs = 10_000;

/**
 * Starts the server as a process of its own and waits until it is ready. A metric that it does not tell in time is NaN.
 * @param {string} dataDir @param {readonly string[]} options
 * @returns {Promise<{address: string, metric: (name: string) => Promise<number>, close: () => Promise<void>}>}
 */
export async function serve(dataDir, options = []) {
  const args = [command, 'serve', '--port', '0', '--data-dir', dataDir, ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8');
  while (!text.includes('\n')) {
    const [chunk] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [null])]);
    if (chunk === null) throw new Error('the server ended before it was there');
    text += chunk;
  }
  const address = /http:\S+\d/.exec(text)[0];
  while ((await fetch(`${address}/readyz`)).status !== 200)
    await new Promise((resume) => setTimeout(resume, 50));
  const metric = async (/** @type {string} */ name) => {
    const text = await fetch(`${address}/metrics`, { signal: AbortSignal.timeout(patienceMs) })
      .then((response) => response.text())
      .catch(() => null);
    if (text === null) return NaN;
    const lines = text.split('\n');
    const matching = lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  const close = async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await gone;
    clearTimeout(patience);
  };
  return { address, metric, close };
}
