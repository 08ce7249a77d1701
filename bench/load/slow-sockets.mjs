import { connect } from 'node:net';
import { judge, patienceTimes } from './run-loads.mjs';
import { randomFrom } from '../random-from.mjs';
import { sendOpenLoop } from './open-loop.mjs';
import { drawer } from './questions.mjs';
import { serve } from './serve.mjs';

const sockets = 500;
const byteEveryMs = 500;
/** How long the load lasts, seconds, and what of the capacity it is. */
const [seconds, factor] = [15, 0.5];

/**
 * What became of answers while sockets sent a request's head byte by byte.
 * @typedef {object} SlowRun
 * @property {ReturnType<typeof judge>} alone before there were any
 * @property {ReturnType<typeof judge>} beside
 * @property {number} goneMs when the last of them was closed by the server; infinite: it was not
 */

/** Holds sockets that never finish their request, and asks beside them. @returns {Promise<SlowRun>} */
export async function holdSlowSockets({ dataDir, options, capacity, targetMs, questions, truths, note }) {
  note(`${sockets} slow sockets`);
  const server = await serve(dataDir, options);
  try {
    const load = {
      address: server.address,
      rate: capacity * factor,
      seconds,
      patienceMs: targetMs * patienceTimes,
    };
    // The same questions at the same times: by chance some more are asked in one time than in another.
    const send = () => {
      const random = randomFrom(11);
      return sendOpenLoop({ ...load, draw: drawer(questions, random), random });
    };
    await send();
    const alone = judge(await send(), seconds, targetMs, truths);
    const gone = openSlow(Number(new URL(server.address).port));
    const beside = judge(await send(), seconds, targetMs, truths);
    return { alone, beside, goneMs: gone() };
  } finally {
    await server.close();
  }
}

/** @param {number} port @returns {() => number} ends what is left; when the last was closed by the server, milliseconds */
function openSlow(port) {
  const startMs = performance.now();
  let latestMs = 0;
  const open = new Set();
  for (let each = 0; each < sockets; each++) {
    const socket = connect(port, '127.0.0.1');
    open.add(socket);
    const head = 'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
    socket.write(head);
    const beat = setInterval(() => socket.write('a'), byteEveryMs);
    socket.on('error', () => undefined); // what it is closed with is of no account
    socket.resume();
    socket.on('close', () => {
      clearInterval(beat);
      open.delete(socket);
      latestMs = performance.now() - startMs;
    });
  }
  return () => {
    const goneMs = open.size === 0 ? latestMs : Number.POSITIVE_INFINITY;
    for (const socket of open) socket.destroy();
    return goneMs;
  };
}
