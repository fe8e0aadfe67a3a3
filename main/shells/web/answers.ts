import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { fromWire } from '../../../contract/errors.ts';
import { contentSecurityPolicy, permissionsPolicy } from '../../../contract/shell.ts';
import { errorSentence, languageNames, type Language } from '../../../strings/index.ts';
import type { Verdict } from './gate.ts';

/** On every answer, refusals included. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': permissionsPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

type Refused = Extract<Verdict, { kind: 'refused' }>;

/** Answers a request that the gate refused: a window gets a page that says how to get in, a program a Reply. */
export function refuse(request: IncomingMessage, response: ServerResponse, refused: Refused): void {
  const { headers, body } = refusal(request, refused);
  // The rest of the request is not wanted.
  response.writeHead(refused.status, { ...headers, connection: 'close' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The same for an upgrade, which has no response object. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, refused: Refused): void {
  const { headers, body } = refusal(request, refused);
  const lines = Object.entries({ ...securityHeaders, ...headers, connection: 'close' }).map(([k, v]) => `${k}: ${v}`);
  socket.on('error', () => socket.destroy()); // gone already
  socket.end(`HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () =>
    socket.destroy(),
  );
}

function refusal(request: IncomingMessage, refused: Refused): { headers: Record<string, string>; body: string } {
  const isWindow = request.headers.upgrade === undefined && /^\/(\?|$)/.test(request.url ?? '');
  const body = isWindow ? page(refused) : JSON.stringify({ ok: false, error: refused.error });
  const retryAfterS = refused.error.params['retryAfterS'];
  return {
    headers: {
      'content-type': isWindow ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      ...(typeof retryAfterS === 'number' && { 'retry-after': String(retryAfterS) }),
      // Only browsers ask for a page; the scheme of the others is the bearer token.
      ...(refused.status === 401 && { 'www-authenticate': 'Bearer realm="Graft"' }),
    },
    body,
  };
}

/** Plain text in every language: nobody is known yet, so no setting is either. */
function page(refused: Refused): string {
  const languages = Object.keys(languageNames) as Language[];
  const error = fromWire(refused.error);
  const sentences = languages.map((language) => `<p lang="${language}">${errorSentence(error, language)}</p>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Graft</title>${sentences.join('')}</html>`;
}
