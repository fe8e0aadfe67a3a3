import type { LinkProblem } from '../../contract/errors.ts';
import { readTags } from './html-tags.ts';

/** What a page of Drive says that came instead of a file: where to ask again, or why there is none. */
export type DrivePage = { next: URL } | { problem: LinkProblem };

/** What Drive says in English, which is asked for; the first that fits counts. Any page may have a link to sign in. */
const sayings: readonly [RegExp, LinkProblem][] = [
  [/too many users have viewed or downloaded|quota (for this file )?(has been )?exceeded/, 'quota-exceeded'],
  [/infected with a virus/, 'infected'],
  [/you need (access|permission)|request access|access denied|given you permission/, 'no-permission'],
  [/does(n’t|n't| not) exist|page not found|error 404|not found/, 'not-found'],
  [/^\s*(google drive)?[\s:-]*sign[- ]?in/, 'no-permission'],
];

/**
 * Reads a page that Drive gives instead of a file. For a file too large to be looked through for viruses, it asks to
 * confirm the download: by a form, earlier by a link or by a cookie.
 *
 * @param address of the page
 * @param warning the value of the cookie `download_warning…`, if one was set
 */
export function readDrivePage(page: string, address: URL, warning: string | null): DrivePage {
  if (address.hostname === 'accounts.google.com') return { problem: 'no-permission' };
  const { forms, links, text } = contentOf(page);
  const next = [...forms, ...[...links, downloadUrl(page) ?? ''].map((action) => ({ action, fields: [] }))]
    .map(({ action, fields }) => submitted(action, fields, address))
    .find((url) => url !== null && isOfGoogle(url) && isDownload(url));
  if (next) return { next };
  const problem = sayings.find(([saying]) => saying.test(text))?.[1];
  if (problem) return { problem };
  if (warning) {
    const next = new URL(address);
    next.searchParams.set('confirm', warning);
    return { next };
  }
  return { problem: 'web-page' };
}

interface Form {
  action: string;
  fields: [string, string][];
}

function contentOf(page: string): { forms: Form[]; links: string[]; text: string } {
  const forms: Form[] = [];
  const links: string[] = [];
  let text = '';
  let form: Form | null = null;
  let isCode = false;
  for (const piece of readTags(page)) {
    if ('text' in piece) text += isCode ? '' : piece.text;
    if ('end' in piece && piece.end === 'form') form = null;
    isCode = 'tag' in piece && (piece.tag.name === 'script' || piece.tag.name === 'style');
    if (!('tag' in piece)) continue;
    const { name, attributes } = piece.tag;
    const attribute = (key: string) => attributes.get(key) ?? '';
    if (name === 'form') forms.push((form = { action: attribute('action'), fields: [] }));
    if (name === 'a') links.push(attribute('href'));
    if (name === 'input' && form && attribute('name') !== '' && attribute('type').toLowerCase() !== 'submit')
      form.fields.push([attribute('name'), attribute('value')]);
  }
  return { forms, links, text: text.replaceAll(/\s+/g, ' ').toLowerCase() };
}

function submitted(action: string, fields: readonly [string, string][], address: URL): URL | null {
  if (action === '' || !URL.canParse(action, address.href)) return null;
  const url = new URL(action, address);
  for (const [name, value] of fields) url.searchParams.set(name, value);
  return url;
}

/** Does this lead to a download that is confirmed? */
function isDownload({ pathname, searchParams }: URL): boolean {
  return (
    /\/(uc|download)$/.test(pathname) && (searchParams.has('confirm') || searchParams.get('export') === 'download')
  );
}

/** The address that stands in a page's script, its signs written as \u003d. */
function downloadUrl(page: string): string | undefined {
  const written = /"downloadUrl":"([^"<>\s]{1,4000})"/.exec(page)?.[1];
  return written?.replaceAll(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function isOfGoogle({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && /(^|\.)(google|googleusercontent)\.com$/.test(hostname);
}
