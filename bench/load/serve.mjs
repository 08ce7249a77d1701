import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/**
 * Starts the server as a process of its own and waits until it is ready.
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
    const lines = (await (await fetch(`${address}/metrics`)).text()).split('\n');
    const matching = lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  const close = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { address, metric, close };
}
