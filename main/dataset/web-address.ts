import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * How far an address is trusted. `official`: in Graft's own list, so encrypted and on the public network. `typed` by the
 * person who runs Graft: encrypted, wherever it is. `mirror`: set up by hand, so any of the web. In these, an address on
 * this machine itself needs no encryption, when that is where it all began. `link`: passed on by a stranger, so encrypted
 * and on the public network, and never this machine. A name that changes its address after it was looked up gains
 * nothing there: no certificate of a public name is found inside a private network, so nothing is asked.
 */
export type AddressTrust = 'official' | 'typed' | 'mirror' | 'link';

/** All addresses of a host's name. */
export type Resolve = (host: string) => Promise<string[]>;
export const resolveHost: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/** What an address must not be, in words; null when it may be asked. @param first where a chain of redirects began */
export async function addressProblem(
  url: URL,
  first: URL,
  trust: AddressTrust,
  resolve: Resolve,
): Promise<string | null> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `it leads to ${url.protocol} which is not of the web`;
  if (url.username !== '' || url.password !== '') return 'it carries a password';
  if (trust === 'mirror') return null;
  if (isLoopback(url.hostname))
    return trust !== 'link' && isLoopback(first.hostname) ? null : 'it leads back to this machine';
  if (url.protocol !== 'https:') return 'it is not encrypted (https)';
  if (trust === 'typed') return null;
  const addresses = isIP(bare(url.hostname)) ? [bare(url.hostname)] : await resolve(url.hostname);
  return addresses.length > 0 && addresses.every(isPublic) ? null : 'it leads into a private network';
}

/** Is this host this machine, by the address itself? A name that only begins like one is not. */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));
}

/** Is this an address of the public network? */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  const translated = translatedIPv4(address);
  if (translated !== null) return isPublic(translated);
  return !notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * The address of the old kind that an address of the new kind stands for, where a network has only the new (RFC 6052):
 * there the names of all older servers lead to such addresses. Null for any other.
 */
function translatedIPv4(address: string): string | null {
  if (!isIPv6(address) || !translation.check(address, 'ipv6')) return null;
  // As a URL spells it: the two numbers of 16 bits at the end, unless they are zero.
  const groups = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1).split('::');
  const last = (groups.at(-1) ?? '')
    .split(':')
    .filter(Boolean)
    .map((group) => parseInt(group, 16));
  const [high, low] = [last.at(-2) ?? 0, last.at(-1) ?? 0];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network, bits] = range.split('/') as [string, string];
    list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list;
}
const translation = blockList(['64:ff9b::/96']);
const loopback = blockList(['127.0.0.0/8', '::1/128']);
/** IANA's special-purpose ranges, without 198.18.0.0/15: some proxies answer every name with an address from there. */
const notPublic = blockList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.168.0.0/16', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/96', '64:ff9b:1::/48', '2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
]);
