import { isIPv4 } from 'node:net';

/** True where the host, written without brackets, is this machine by its loopback address: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** The host of a Host header, without port and brackets; null where it is none. */
function hostOf(header: string): string | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(header);
  return match?.[1] ?? match?.[2] ?? null;
}

/**
 * Why a request is not from this machine or from another site's page; null where it may pass. A page of another site can send
 * requests here: a browser then names the page's Origin, or, after DNS rebinding, a Host that is not a loopback one.
 * @param host the Host header
 * @param origin the Origin header, which browsers add
 */
export function refusalOf(host: string | undefined, origin: string | undefined): string | null {
  const name = host === undefined ? null : hostOf(host);
  if (host === undefined || name === null || !isLoopback(name))
    return 'the Host header must name a loopback address, for example localhost';
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'requests from pages of other origins are refused';
  return null;
}
