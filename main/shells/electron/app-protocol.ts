import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { contentSecurityPolicy, permissionsPolicy } from '../../../contract/shell.ts';

/** Both schemes, to be registered before Electron is ready. */
export const privilegedSchemes = [
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  { scheme: 'graft-image', privileges: { standard: true, secure: true } },
];

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Headers of every answer to the window. */
export const secureHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': permissionsPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/**
 * Finds the file that an `app://graft/…` address stands for.
 *
 * @returns null for another host and for whatever would leave the folder or is no plain name.
 */
export function appFile(url: string, root: string, paths: path.PlatformPath = path): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, username, password, pathname } = new URL(url);
  if (protocol !== 'app:' || host !== 'graft' || username || password) return null;
  // What Vite writes needs no escapes, so an address that has one was not written by us.
  const names = (pathname === '/' ? '/index.html' : pathname).slice(1).split('/');
  if (!names.every((name) => /^[\w-][\w.-]*$/.test(name) && !name.endsWith('.'))) return null;
  return paths.join(root, ...names);
}

/** Answers `app://graft/…` from the built renderer, with the policy of the contract. */
export async function answerApp(request: { url: string; method?: string }, root: string): Promise<Response> {
  const file = appFile(request.url, root);
  const type = file && types[path.extname(file)];
  if (!file || !type) return refuse(404);
  try {
    const real = await realpath(file); // a link in the folder must not lead out of it
    if (path.relative(await realpath(root), real).startsWith('..')) return refuse(404);
    return new Response(await readFile(real), { headers: { ...secureHeaders, 'content-type': type } });
  } catch {
    return refuse(404); // not there, or a folder: the window cannot tell more from it
  }
}

/** An answer without content. */
export function refuse(status: number): Response {
  return new Response(null, { status, headers: secureHeaders });
}
