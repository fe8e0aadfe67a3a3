import { createHash } from 'node:crypto';
import path from 'node:path';
import { GraftError, type LinkProblem } from '../../contract/errors.ts';
import { AddressTrouble, ask, Trouble, type Answer, type Asking } from './ask.ts';
import { Cookies } from './cookies.ts';
import { downloadSource, type DownloadOptions, type Source } from './download.ts';
import { readDrivePage } from './drive-page.ts';
import { parseLink, type Link } from './link-address.ts';

/** The largest archive that a link may give. */
export const maxLinkBytes = 20_000_000_000;
/** A page of Drive has a few kB. */
const maxPageBytes = 1_000_000;
/** One that asks to confirm, and one more if Drive should think again. */
const maxPages = 3;

export interface LinkOptions extends DownloadOptions {
  /** What the file must be, where the person knows it. */
  sha256?: string;
}

/**
 * Downloads the file behind a link that a person was given: an address of the file itself, or a share of Google Drive.
 * To pause, abort and ask again later: it goes on where it stopped, also in another process. Two downloads of the same
 * link into the same folder must not run at the same time.
 *
 * @returns the file, which the caller removes after use, and the name that its server has for it, which is a plain one
 * @throws link-refused, download-failed, download-too-large, checksum-differs, disk-full, cannot-write; what `signal`
 *   was aborted with
 */
export async function downloadLink(
  text: string,
  folder: string,
  { sha256, ...options }: LinkOptions = {},
): Promise<{ file: string; name: string }> {
  const link = parseLink(text);
  const refuse = (problem: LinkProblem, cause?: unknown) =>
    new GraftError('link-refused', { url: text.trim(), problem }, { cause });
  if (link === null) throw refuse('not-a-link');
  if (link.kind === 'refused') throw refuse(link.problem);
  const source: Source = {
    url: link.url,
    sha256,
    continuesBySize: link.kind === 'drive',
    ask: async (asking) => {
      try {
        const answer = await (link.kind === 'drive' ? askDrive(link, asking) : ask(link.url, 'link', asking));
        const problem = problemOf(answer);
        if (problem === null) return answer;
        await answer.response.body?.cancel();
        throw new Refusal(problem);
      } catch (error) {
        if (error instanceof AddressTrouble) throw refuse('unsafe-address', error);
        throw error instanceof Refusal ? refuse(error.problem) : error;
      }
    },
  };
  const key = createHash('sha256').update(link.url).digest('hex').slice(0, 12);
  return downloadSource(source, path.join(folder, key), { maxBytes: maxLinkBytes, ...options });
}

class Refusal extends Error {
  readonly problem: LinkProblem;
  constructor(problem: LinkProblem) {
    super(problem);
    this.problem = problem;
  }
}

/** Why an answer has no file in it and will not have one later; null when it has, or may. */
function problemOf({ response }: Answer): LinkProblem | null {
  if (response.status === 404 || response.status === 410) return 'not-found';
  if (response.status === 401 || response.status === 403) return 'no-permission';
  return response.ok && isPage(response) ? 'web-page' : null;
}

function isPage({ headers }: Response): boolean {
  return /^\s*(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '') && !isAttachment(headers);
}

const isAttachment = (headers: Headers): boolean => /^\s*attachment/i.test(headers.get('content-disposition') ?? '');

/**
 * Gets through the pages that Drive puts before a file. The first request asks for no part, since a page cannot be
 * continued; so when the file comes at once, it is asked for again.
 */
async function askDrive(link: Link & { kind: 'drive' }, { headers, ...asking }: Asking): Promise<Answer> {
  const whole = new Headers(headers);
  whole.set('accept-language', 'en'); // the language in which its pages are read here
  const range = whole.get('range');
  whole.delete('range');
  whole.delete('if-range'); // not every server of Drive minds it; the size and the version are compared instead
  const part = new Headers(whole);
  if (range !== null) part.set('range', range);

  const cookies = new Cookies();
  let address = link.url;
  let isFirst = true;
  for (let pages = 0; pages < maxPages;) {
    const answer = await ask(address, 'link', { ...asking, headers: isFirst ? whole : part }, cookies);
    const { response, url } = answer;
    if (!isPage(response) || response.status >= 500 || response.status === 429) {
      if (!isFirst || range === null || !response.ok) return answer;
      await response.body?.cancel();
      address = url.href;
    } else {
      pages++;
      const warning = cookies.find('download_warning');
      const found = readDrivePage(await pageText(response), url, warning);
      if ('problem' in found)
        throw new Refusal(found.problem === 'web-page' ? (problemOf(answer) ?? 'web-page') : found.problem);
      if (link.resourceKey !== null) found.next.searchParams.set('resourcekey', link.resourceKey);
      address = found.next.href;
    }
    isFirst = false;
  }
  throw new Refusal('web-page');
}

/** @throws Trouble */
async function pageText(response: Response): Promise<string> {
  const body = response.body as AsyncIterable<Uint8Array> | null;
  const pieces: Uint8Array[] = [];
  let numBytes = 0;
  try {
    for await (const piece of body ?? []) {
      pieces.push(piece);
      numBytes += piece.length;
      if (numBytes > maxPageBytes) break;
    }
  } catch (error) {
    throw new Trouble('the connection was cut', true, error);
  }
  return Buffer.concat(pieces).toString('utf8');
}
