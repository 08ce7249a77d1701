import type { ServerSettings } from '../settings.ts';
import { isLoopback } from './loopback.ts';

/** Where a request says that it goes and comes from. */
export interface SiteClaims {
  /** The Host header. */
  readonly host: string | undefined;
  /** The Origin header, which browsers add. */
  readonly origin: string | undefined;
  /** The address of this machine that the connection came to. */
  readonly localAddress: string | undefined;
}

/**
 * Why a request is meant for somebody else or comes from another site's page; null where it may pass. A page of another site can
 * send requests here: a browser then names the page's Origin, or, after DNS rebinding, a Host that is not ours. An address that the
 * connection came to is ours: names are what can be rebound.
 */
export function refusalOf(
  { host, origin, localAddress }: SiteClaims,
  { allowedHosts, allowedOrigins }: Pick<ServerSettings, 'allowedHosts' | 'allowedOrigins'>,
): string | null {
  const name = host === undefined ? null : hostOf(host);
  const isOurs =
    name !== null &&
    (isLoopback(name) || name === plainAddress(localAddress) || allowedHosts.some(isName(name)));
  if (host === undefined || !isOurs)
    return 'the Host header must name a loopback address, for example localhost, the address of the server, or one of allowedHosts';
  const isOwnPage = origin?.toLowerCase() === `http://${host.toLowerCase()}`;
  if (origin !== undefined && !isOwnPage && !allowedOrigins.includes(origin))
    return 'requests from pages of other origins are refused';
  return null;
}

/** The host of a Host header, without port and brackets; null where it is none. */
function hostOf(header: string): string | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(header);
  return match?.[1] ?? match?.[2] ?? null;
}

/** An IPv4 address as such, where a socket for both kinds writes it as `::ffff:10.0.0.1`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/, '');
}

const isName =
  (name: string) =>
  (allowed: string): boolean =>
    allowed.toLowerCase() === name.toLowerCase();
