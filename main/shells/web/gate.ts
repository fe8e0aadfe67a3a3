import type { IncomingMessage } from 'node:http';
import { GraftError, type WireError } from '../../../contract/errors.ts';
import { parseHost } from './address.ts';
import type { Attempts, Sessions } from './session.ts';

/** What the gate says of a request: let in, let in for the first time (with the cookie to set), or refused. */
export type Verdict =
  | { kind: 'pass' }
  | { kind: 'launched'; cookie: string }
  | { kind: 'refused'; status: 400 | 401 | 403 | 429 | 503; error: WireError; why: string };

export interface GateOptions {
  names: ReadonlySet<string>;
  isTls: boolean;
  sessions: Sessions;
  attempts: Attempts;
}

const pass: Verdict = { kind: 'pass' };
const refused = (status: 400 | 401 | 403, why: string): Verdict => {
  const { code, params } = new GraftError('not-authorised', {});
  return { kind: 'refused', status, error: { code, params }, why };
};

/** Makes the one gate through which every request goes before it is routed, upgrades to WebSocket included. */
export function createGate({ names, isTls, sessions, attempts }: GateOptions): (request: IncomingMessage) => Verdict {
  const scheme = isTls ? 'https' : 'http';

  /** Checks one token; a caller with too many wrong ones waits, even with a right one. */
  function tryToken(who: string, verdict: () => Verdict | null, waits: boolean): Verdict {
    const locked = attempts.retryAfterS(who);
    const found = locked > 0 && waits ? null : verdict();
    if (found !== null) return found;
    if (locked === 0) attempts.failed(who);
    if (locked === 0) return refused(401, 'wrong token');
    const { code, params } = new GraftError('too-many-attempts', { retryAfterS: locked });
    return { kind: 'refused', status: 429, error: { code, params }, why: 'too many attempts' };
  }

  return (request) => {
    const { headers, method = '', url = '' } = request;
    const { localPort = 0, remoteAddress = '' } = request.socket;
    if (!/^\/(?!\/)/.test(url)) return refused(400, 'target is not a path');

    const hosts = valuesOf(request, 'host');
    const host = hosts.length === 1 ? parseHost(hosts[0]!, isTls ? 443 : 80) : null;
    if (host === null || host.port !== localPort || !names.has(host.name)) return refused(403, 'host');

    const site = headers['sec-fetch-site'];
    // Another port of this machine is the same site, but not the same origin.
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return refused(403, 'cross-site');
    const { origin } = headers;
    if (origin !== undefined && origin !== `${scheme}://${hosts[0]!.toLowerCase()}`) return refused(403, 'origin');

    const bearer = /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
    const changes = (method !== 'GET' && method !== 'HEAD') || headers.upgrade !== undefined;
    if (changes && origin === undefined && bearer === undefined) return refused(403, 'no origin');
    if (bearer !== undefined) {
      return tryToken(`bearer ${remoteAddress}`, () => (sessions.isBearer(bearer) ? pass : null), true);
    }

    const cookieName = `graft-session-${localPort}`; // cookies ignore ports
    const cookies = cookiesOf(headers.cookie, cookieName);
    const hasSession = cookies.some((cookie) => sessions.isSession(cookie));
    const [path, query = ''] = splitOnce(url, '?');
    const launches = path === '/' ? new URLSearchParams(query).getAll('launch') : [];
    if (launches.length > 1) return refused(400, 'repeated launch token');
    if (launches.length === 1 && method === 'GET' && !changes && !hasSession) {
      return tryToken(`launch ${remoteAddress}`, () => launched(cookieName, sessions.redeem(launches[0]!)), true);
    }
    if (hasSession) return pass;
    if (cookies.length === 0) return refused(401, 'no session');
    // A tab left over from an earlier start keeps asking with its old cookie: that must lock nobody out.
    return tryToken(`cookie ${remoteAddress}`, () => null, false);
  };

  function launched(cookieName: string, session: string | null): Verdict | null {
    if (session === null) return null;
    const cookie = `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`;
    return { kind: 'launched', cookie };
  }
}

/** All values of a header as they came: Node keeps only the first of two Hosts. */
function valuesOf(request: IncomingMessage, name: string): string[] {
  const raw = request.rawHeaders;
  return raw.filter((_, i) => i % 2 === 1 && raw[i - 1]!.toLowerCase() === name);
}

function cookiesOf(header: string | undefined, name: string): string[] {
  const pairs = (header ?? '').split(';').map((pair) => splitOnce(pair.trim(), '='));
  return pairs.filter(([key, value]) => key === name && value !== undefined).map(([, value]) => value!);
}

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
