import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';

const maxRedirects = 10;

/**
 * Sends a GET and follows redirects. Uses the proxy that the environment names, which Node 20's own fetch does not;
 * further certificate authorities come from NODE_EXTRA_CA_CERTS, by Node itself.
 *
 * @returns the answer, its body not yet read.
 */
export async function get(url, { headers = {}, timeoutMs = 10_000 } = {}) {
  let address = new URL(url);
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await requestOnce(address, headers, timeoutMs);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || !location) return response;
    response.resume();
    const next = new URL(location, address);
    if (address.protocol === 'https:' && next.protocol !== 'https:') throw new Error(`redirect from https to ${next}`);
    address = next;
  }
  throw new Error(`more than ${maxRedirects} redirects`);
}

/** Returns the proxy for an address, or null. Reads the variables that curl, npm and pip read. */
export function proxyFor(address, env = process.env) {
  const read = (name) => env[name.toLowerCase()] || env[name];
  const excluded = (read('NO_PROXY') ?? '').split(/[\s,]+/).filter(Boolean);
  const isExcluded = excluded.some((entry) => {
    const host = entry.replace(/^\*?\./, '').replace(/:\d+$/, '');
    return entry === '*' || address.hostname === host || address.hostname.endsWith(`.${host}`);
  });
  if (isExcluded) return null;
  const proxy = read(address.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') || read('ALL_PROXY');
  return proxy ? new URL(proxy.includes('://') ? proxy : `http://${proxy}`) : null;
}

async function requestOnce(address, headers, timeoutMs) {
  const signal = AbortSignal.timeout(timeoutMs);
  const proxy = proxyFor(address);
  const { request } = address.protocol === 'https:' ? https : http;
  const options = proxy ? await proxyOptions(address, proxy, signal) : {};
  return new Promise((resolve, reject) => {
    const sent = request(address, { agent: false, ...options, headers: { ...headers, ...options.headers } });
    const giveUp = () => sent.destroy(new Error(`no answer in ${timeoutMs / 1000} s`));
    signal.addEventListener('abort', giveUp);
    sent.on('error', reject);
    sent.on('response', (response) => {
      signal.removeEventListener('abort', giveUp); // from here on the reader watches for a stall
      resolve(response);
    });
    sent.end();
  });
}

/** Plain http is asked of the proxy by its full address; https goes through a tunnel. */
async function proxyOptions(address, proxy, signal) {
  const login = proxy.username
    ? Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')
    : null;
  const credentials = login ? { 'proxy-authorization': `Basic ${login}` } : {};
  const port = proxy.port || (proxy.protocol === 'https:' ? 443 : 80);
  if (address.protocol === 'http:') {
    return { host: proxy.hostname, port, path: address.href, headers: { host: address.host, ...credentials } };
  }
  const socket = await openTunnel(address, proxy, port, credentials, signal);
  return { createConnection: () => tls.connect({ socket, servername: address.hostname }) };
}

function openTunnel(address, proxy, port, headers, signal) {
  const { request } = proxy.protocol === 'https:' ? https : http;
  const path = `${address.hostname}:${address.port || 443}`;
  return new Promise((resolve, reject) => {
    const sent = request({ host: proxy.hostname, port, method: 'CONNECT', path, headers, agent: false, signal });
    sent.on('error', reject);
    sent.on('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode}`));
    });
    sent.end();
  });
}
