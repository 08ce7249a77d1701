import { isIP } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, Client } from '../app.ts';
import { httpProblem, type Problem, sendProblem } from '../problem.ts';
import type { ServerSettings } from '../settings.ts';
import { browserHeaders } from './browser-headers.ts';
import { allowOrigin } from './cors.ts';
import { refusalOf } from './site-check.ts';
import { Tokens } from './tokens.ts';

/** What whoever watches over the process may ask without a token: it tells whether the server is well, and no more. */
const openRoutes: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz']);

/**
 * Adds what every request passes before a route sees it: headers that restrict browsers, Host and Origin, tokens, the rate of requests.
 * From then on `request.client` is known.
 * @throws SettingError where an entry of tokens is none
 */
export async function addGuard(app: App, settings: ServerSettings): Promise<void> {
  const tokens = new Tokens(settings.tokens);
  const sites = {
    allowedOrigins: settings.allowedOrigins,
    // An address is ours where connections come to it; for a name there is only the setting.
    allowedHosts:
      isIP(settings.host) === 0 ? [settings.host, ...settings.allowedHosts] : settings.allowedHosts,
  };
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(browserHeaders);
    const problem = problemOfHead(request, settings, sites);
    if (problem !== null) return sendProblem(reply, problem);
    if (allowOrigin(request, reply, sites.allowedOrigins)) return reply.code(204).send();
    const client = clientOf(request, tokens);
    if (client === null) return refuseStranger(reply);
    request.client = client;
    return undefined;
  });
  await limitRates(app, settings.limits.requestsPerMinuteMax);
}

/** What is wrong with the headers of a request, whoever sends it; null: nothing. */
function problemOfHead(
  { headers, raw }: FastifyRequest,
  { limits }: ServerSettings,
  sites: Parameters<typeof refusalOf>[1],
): Problem | null {
  if (raw.rawHeaders.length / 2 > limits.headersMax)
    return httpProblem(431, `a request may have ${limits.headersMax} headers`);
  const { origin, 'content-encoding': encoding = 'identity' } = headers;
  // Of two Node.js takes the first, a proxy in front maybe the second.
  const [host, ...otherHosts] = raw.headersDistinct['host'] ?? [];
  if (otherHosts.length > 0) return httpProblem(400, 'there must be one Host header');
  const refusal = refusalOf({ host, origin, localAddress: raw.socket.localAddress }, sites);
  if (refusal !== null) return httpProblem(403, refusal);
  // What unpacks to any size is not unpacked.
  return encoding === 'identity' ? null : httpProblem(415, 'bodies must not be encoded');
}

/** Who asks; null: nobody who may. */
function clientOf({ raw, ip, routeOptions }: FastifyRequest, tokens: Tokens): Client | null {
  if (tokens.count === 0) return { id: ip, role: 'admin' };
  const known = tokens.clientOf(raw.headersDistinct['authorization'] ?? []);
  return known ?? (openRoutes.has(routeOptions.url) ? { id: ip, role: 'read' } : null);
}

/** The same for no token and for any wrong one. @see RFC 6750, section 3 */
function refuseStranger(reply: FastifyReply): FastifyReply {
  void reply.header('www-authenticate', 'Bearer realm="ballpark"');
  return sendProblem(reply, httpProblem(401, 'a token is needed: Authorization: Bearer …'));
}

const minuteMs = 60_000;

/** @param requestsPerMinuteMax of one client; 0: any number */
async function limitRates(app: App, requestsPerMinuteMax: number): Promise<void> {
  if (requestsPerMinuteMax === 0) return;
  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: minuteMs,
    keyGenerator: ({ client }) => client.id,
    allowList: ({ routeOptions }) => openRoutes.has(routeOptions.url),
  });
}
