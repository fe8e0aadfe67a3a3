import { BlockList, isIP, isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Tells whether only this machine can reach a server bound to `host`. Unusual spellings count as reachable. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/**
 * Parses a Host header by its grammar: a name or IPv4 address, or an IPv6 address in brackets, and a port.
 *
 * @returns the name in lower case, without brackets; null when it is anything else.
 */
export function parseHost(header: string, defaultPort: number): { name: string; port: number } | null {
  const parts = /^(?:\[([0-9a-f:]{2,39})\]|([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?))(?::([1-9]\d{0,4}))?$/i.exec(
    header,
  );
  if (parts === null) return null;
  const [, bracketed, plain, port] = parts;
  if (bracketed !== undefined && !isIPv6(bracketed)) return null;
  return { name: (bracketed ?? plain!).toLowerCase(), port: port === undefined ? defaultPort : Number(port) };
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map((address) => address.address.toLowerCase()));

/** Names under which a server bound to `host` may be asked for; for all interfaces also the machine's own addresses and name. */
export function allowedNames(host: string): ReadonlySet<string> {
  const names = ['127.0.0.1', 'localhost', '::1', host.toLowerCase()];
  if (isWildcard(host)) names.push(hostname().toLowerCase(), ...ownAddresses());
  return new Set(names.filter((name) => !isWildcard(name)));
}

/** The origin to open in a browser for a server bound to `host`. */
export function originOf(host: string, port: number, isTls: boolean): string {
  const outside = ownAddresses().find((address) => !isIPv6(address) && !isLoopback(address));
  const shown = isWildcard(host) ? (outside ?? '127.0.0.1') : host;
  return new URL(`${isTls ? 'https' : 'http'}://${isIPv6(shown) ? `[${shown}]` : shown}:${port}`).origin;
}
