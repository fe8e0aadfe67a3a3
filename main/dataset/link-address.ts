import type { LinkProblem } from '../../contract/errors.ts';

/**
 * What a link leads to. `file`: an address that gives the file itself. `drive`: a file shared in Google Drive, whose
 * address may answer with a page first. `refused`: nothing that can be downloaded, and why.
 */
export type Link =
  | { kind: 'file'; url: string }
  | { kind: 'drive'; id: string; resourceKey: string | null; url: string }
  | { kind: 'refused'; problem: LinkProblem };

const driveHosts: readonly string[] = ['drive.google.com', 'docs.google.com', 'drive.usercontent.google.com'];

/**
 * Understands a link as people paste it. Asks nobody.
 *
 * @returns null when the text is no address of the web, but a path, say
 */
export function parseLink(text: string): Link | null {
  const bare = text.trim().replace(/^<(.*)>$/, '$1');
  if (!/^https?:\/\//i.test(bare) || /\s/.test(bare) || !URL.canParse(bare)) return null;
  const url = new URL(bare);
  url.hash = '';
  if (url.username !== '' || url.password !== '') return { kind: 'refused', problem: 'unsafe-address' };
  if (driveHosts.includes(url.hostname)) return parseDriveLink(url);
  if (url.protocol !== 'https:') return { kind: 'refused', problem: 'not-encrypted' };
  return { kind: 'file', url: directAddress(url).href };
}

/** Finds the file's id in any of the addresses that Drive has for it. */
function parseDriveLink(url: URL): Link {
  // The account that looks (`/u/0`) and its company (`/a/example.org`) may stand before any path.
  const path = url.pathname.replace(/^(\/a\/[^/]+)?(\/u\/\d+)?(?=\/)/, '');
  if (/^\/drive\/(.*\/)?folders\//.test(path) || /^\/(embedded)?folderview$/.test(path))
    return { kind: 'refused', problem: 'drive-folder' };
  if (/^\/(document|spreadsheets|presentation|forms|drawings)\//.test(path))
    return { kind: 'refused', problem: 'drive-document' };
  const isById = /^\/(uc|open|download|uc\/download)$/.test(path);
  const id = isById ? url.searchParams.get('id') : /^\/file\/(?:u\/\d+\/)?d\/([^/]+)/.exec(path)?.[1];
  if (!id || !/^[\w-]{1,200}$/.test(id)) return { kind: 'refused', problem: isById ? 'not-found' : 'web-page' };
  const resourceKey = url.searchParams.get('resourcekey');
  const query = new URLSearchParams({ export: 'download', id, ...(resourceKey && { resourcekey: resourceKey }) });
  return { kind: 'drive', id, resourceKey, url: `https://drive.google.com/uc?${query.toString()}` };
}

/** The address of the file itself, where a known site's link leads to a page about it. */
function directAddress(page: URL): URL {
  const url = new URL(page);
  if (/^(www\.)?dropbox\.com$/.test(url.hostname) && /^\/(s|sh|scl)\//.test(url.pathname))
    url.searchParams.set('dl', '1');
  if (url.hostname === 'github.com') url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/raw/');
  return url;
}
