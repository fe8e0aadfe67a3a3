import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutOnceKept } from '../testing/cut-connection.ts';
import { fakeWeb as web, type Request, type Site } from '../testing/fake-web.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { Network } from './ask.ts';
import { downloadLink, type LinkOptions } from './link.ts';

const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
const other = Buffer.from(content.map((byte) => byte ^ 1));
const sha256 = createHash('sha256').update(content).digest('hex');

interface Giving {
  body?: Buffer;
  cutAfter?: number;
  headers?: Record<string, string>;
  /** What to do about a range. */
  ranges?: 'yes' | 'no' | 'without if-range';
}
/** Gives a file as a server does that is told so. */
function give({ headers: asked }: Request, response: ServerResponse, options: Giving = {}): void {
  const { body = content, cutAfter = Infinity, headers = {}, ranges = 'yes' } = options;
  const from = Number(/^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1] ?? 0);
  const fits =
    ranges === 'without if-range' || asked['if-range'] === undefined || asked['if-range'] === headers['etag'];
  const isContinued = from > 0 && ranges !== 'no' && fits;
  const rest = isContinued ? body.subarray(from) : body;
  response.writeHead(isContinued ? 206 : 200, {
    'content-type': 'application/zip',
    'content-length': rest.length,
    ...headers,
    ...(isContinued && { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` }),
  });
  if (cutAfter >= rest.length) response.end(rest);
  else
    response.write(rest.subarray(0, cutAfter), () => void cutOnceKept(response, body.length - rest.length + cutAfter));
}

function page(response: ServerResponse, html: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}
const lead = (response: ServerResponse, location: string) => void response.writeHead(303, { location }).end();

const id = '1aB_c-D2e3F4g5H6i7J8k9L0m';
const share = `https://drive.google.com/file/d/${id}/view?usp=sharing`;
const driveName = {
  'content-disposition': `attachment; filename="animals.zip"; filename*=UTF-8''%EB%8F%99%EB%AC%BC.zip`,
};

/** Drive as it is for a large file: a page asks to confirm, a cookie goes along. */
function drive(answer: Site): Site {
  return (request, response) => {
    const { url, headers } = request;
    if (url.host === 'drive.google.com')
      return lead(response, `https://drive.usercontent.google.com/download${url.search}`);
    if (url.searchParams.get('confirm') === 't' && url.searchParams.get('uuid') === 'u-1') {
      if (headers.cookie === 'NID=42; own=1') return answer(request, response);
      return page(response, '<p>You need access', 403);
    }
    response.setHeader('set-cookie', ['NID=42; Domain=.google.com; Path=/; Secure', 'own=1', 'x=1; Domain=com']);
    page(
      response,
      `<title>Google Drive - Virus scan warning</title><form id="download-form" method="get"
       action="https://drive.usercontent.google.com/download"><input type="hidden" name="id" value="${id}">
       <input type=hidden name=export value=download><input type=hidden name=confirm value=t>
       <input type=hidden name=uuid value="u-1"></form>`,
    );
  };
}

const archive = 'https://example.org/data/animals.zip';
const once = (network: Network): Network => ({ ...network, retryDelaysMs: [] });

async function fetched(link: string, site: Site, options: LinkOptions = {}) {
  const { network, requests } = await web(site);
  const folder = await temporaryFolder();
  const { file, name } = await downloadLink(link, folder, { network, ...options });
  return { bytes: readFileSync(file), file, name, requests, left: readdirSync(folder), folder };
}
async function refusal(link: string, site: Site, options: LinkOptions = {}) {
  const { network, requests } = await web(site);
  const folder = await temporaryFolder();
  const error = await downloadLink(link, folder, { network, ...options }).then(
    () => null,
    (thrown: unknown) => thrown as { code: string; params: Record<string, unknown> },
  );
  return { error, requests, left: readdirSync(folder) };
}

describe('downloadLink of a plain address', () => {
  it('brings the file by the name that the server gives, says how far it is, and leaves nothing else', async () => {
    const seen: [number, number | null][] = [];
    const { bytes, file, name, left, folder } = await fetched(
      archive,
      (request, response) => give(request, response, { headers: driveName }),
      { onProgress: (...progress) => seen.push(progress), sha256 },
    );
    expect(bytes.equals(content)).toBe(true);
    expect(name).toBe('동물.zip');
    expect(path.dirname(file)).toBe(folder);
    expect(left).toEqual([path.basename(file)]);
    expect(file).toMatch(/[0-9a-f]{12}-동물\.zip$/);
    expect(seen[0]).toEqual([0, content.length]);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
  });

  it('takes the name from the last address otherwise', async () => {
    const { name } = await fetched('https://example.org/latest', (request, response) => {
      if (request.url.pathname === '/latest') lead(response, '/files/K%C3%A4fer.tar.gz?key=1');
      else give(request, response);
    });
    expect(name).toBe('Käfer.tar.gz');
  });

  it.each(['../../outside.zip', '..\\\\..\\\\outside.zip', '/etc/outside.zip', '%2e%2e%2foutside.zip'])(
    'writes nowhere else when the server names the file %s',
    async (said) => {
      const headers = { 'content-disposition': `attachment; filename="${said}"` };
      const { file, name, folder } = await fetched(archive, (request, response) =>
        give(request, response, { headers }),
      );
      expect(name).toBe('outside.zip');
      expect(path.dirname(file)).toBe(folder);
    },
  );

  it('asks for the file behind a page of Dropbox or GitHub', async () => {
    for (const [link, asked] of [
      ['https://www.dropbox.com/s/a/animals.zip?dl=0', 'https://www.dropbox.com/s/a/animals.zip?dl=1'],
      ['https://github.com/a/b/blob/main/animals.zip', 'https://github.com/a/b/raw/main/animals.zip'],
    ]) {
      const { requests } = await fetched(link!, (request, response) => give(request, response));
      expect(requests[0]!.url.href).toBe(asked);
    }
  });

  it('goes on where the connection was cut', async () => {
    const headers = { etag: '"v1"' };
    const { bytes, requests } = await fetched(archive, (request, response) =>
      give(request, response, { headers, cutAfter: request.index < 2 ? 120_000 : Infinity }),
    );
    expect(bytes.equals(content)).toBe(true);
    expect(requests.map((request) => request.headers.range)).toEqual([undefined, 'bytes=120000-', 'bytes=240000-']);
  });

  it.each<[string, Giving, Giving]>([
    ['at a server that ignores ranges', { headers: { etag: '"v1"' } }, { headers: { etag: '"v1"' }, ranges: 'no' }],
    ['when the file has changed', { headers: { etag: '"v1"' }, body: other }, { headers: { etag: '"v2"' } }],
    [
      'when the file has changed and the server goes on regardless',
      { headers: { etag: '"v1"' }, body: other },
      { headers: { etag: '"v2"' }, ranges: 'without if-range' },
    ],
    ['at a server that says no version', { body: other }, {}],
  ])('begins anew %s', async (_, before, now) => {
    const { bytes } = await fetched(archive, (request, response) =>
      give(request, response, request.index === 0 ? { ...before, cutAfter: 100_000 } : now),
    );
    expect(bytes.equals(content)).toBe(true);
  });

  it('tries again when it falls silent, and says so in the end', async () => {
    const headers = { etag: '"v1"', 'content-length': content.length };
    const silent: Site = (_, response) => void response.writeHead(200, headers).write(content.subarray(0, 1000));
    const { bytes } = await fetched(archive, (request, response) =>
      request.index === 0 ? silent(request, response) : give(request, response, { headers: { etag: '"v1"' } }),
    );
    expect(bytes.equals(content)).toBe(true);
    const { error } = await refusal(archive, () => undefined);
    expect(error).toMatchObject({ code: 'download-failed', params: { url: archive, problem: 'no data for 1 s' } });
  });

  it('is not content with less than the server said', async () => {
    const { error } = await refusal(archive, (_, response) => {
      response.writeHead(200, { 'content-length': content.length + 10 });
      response.write(content, () => void cutOnceKept(response, content.length));
    });
    expect(error).toMatchObject({ code: 'download-failed', params: { problem: 'the connection was cut' } });
  });

  it('refuses another file than the one with the given checksum, and keeps nothing of it', async () => {
    const { error, left } = await refusal(archive, (request, response) => give(request, response, { body: other }), {
      sha256,
    });
    expect(error).toMatchObject({ code: 'checksum-differs', params: { file: 'animals.zip', expected: sha256 } });
    expect(left).toEqual([]);
    const { bytes } = await fetched(archive, (request, response) => give(request, response), {
      sha256: sha256.toUpperCase(),
    });
    expect(bytes.equals(content)).toBe(true);
  });

  it('refuses a file that is too large, and one that the disk has no room for', async () => {
    const site: Site = (request, response) => give(request, response);
    expect((await refusal(archive, site, { maxBytes: 299_999 })).error).toMatchObject({
      code: 'download-too-large',
      params: { url: archive, maxBytes: 299_999 },
    });
    expect((await refusal(archive, site, { freeBytes: async () => 299_999 })).error).toMatchObject({
      code: 'disk-full',
    });
  });

  it('pauses when told to, and goes on later', async () => {
    const controller = new AbortController();
    const { network, requests } = await web((request, response) => {
      if (request.index > 0) return give(request, response, { headers: { etag: '"v1"' } });
      response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
      response.write(content.subarray(0, 1000));
    });
    const folder = await temporaryFolder();
    const running = downloadLink(archive, folder, {
      network: { ...network, stallMs: 10_000 },
      signal: controller.signal,
      onProgress: () => setTimeout(() => controller.abort(new Error('enough')), 50),
    });
    await expect(running).rejects.toThrow('enough');
    const { file } = await downloadLink(archive, folder, { network });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests[1]!.headers.range).toBe('bytes=1000-');
  });

  it('keeps links with the same file name apart', async () => {
    const { network } = await web((request, response) =>
      give(request, response, { body: request.url.host === 'a.example' ? content : other }),
    );
    const folder = await temporaryFolder();
    const [a, b] = await Promise.all(
      ['a', 'b'].map((host) => downloadLink(`https://${host}.example/animals.zip`, folder, { network })),
    );
    expect(readFileSync(a!.file).equals(content)).toBe(true);
    expect(readFileSync(b!.file).equals(other)).toBe(true);
  });

  it.each<[string, string, Site]>([
    ['web-page', archive, (_, response) => page(response, '<title>Animals</title>')],
    ['not-found', archive, (_, response) => page(response, 'gone', 404)],
    ['not-found', archive, (_, response) => void response.writeHead(410).end()],
    ['no-permission', archive, (_, response) => page(response, 'log in', 401)],
    ['no-permission', archive, (_, response) => void response.writeHead(403).end()],
    ['not-encrypted', 'http://example.org/animals.zip', (request, response) => give(request, response)],
    ['not-a-link', '/home/anna/animals.zip', (request, response) => give(request, response)],
    ['unsafe-address', archive, (_, response) => lead(response, 'http://example.org/animals.zip')],
    ['unsafe-address', archive, (_, response) => lead(response, 'file:///etc/passwd')],
    ['unsafe-address', archive, (_, response) => lead(response, 'https://anna:secret@example.org/')],
    ['drive-folder', `https://drive.google.com/drive/folders/${id}`, (request, response) => give(request, response)],
  ])('refuses with %s, and asks no more: %s', async (problem, link, site) => {
    const { error, requests, left } = await refusal(link, site);
    expect(error).toMatchObject({ code: 'link-refused', params: { url: link, problem } });
    expect(requests.length).toBeLessThan(2);
    expect(left).toEqual([]);
  });

  it.each([
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', 'localhost', 'localhost.', 'app.localhost'],
    ...['[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '10.0.0.1', '192.168.0.1', '169.254.169.254', 'inside.example'],
  ])('asks nothing of %s, typed or after a redirect', async (host) => {
    const site: Site = (request, response) =>
      request.url.host === 'example.org' ? lead(response, `https://${host}/a.zip`) : give(request, response);
    for (const link of [`https://${host}/a.zip`, archive]) {
      const { error, requests } = await refusal(link, site);
      expect(error).toMatchObject({ code: 'link-refused', params: { url: link, problem: 'unsafe-address' } });
      expect(requests.filter(({ url }) => url.host !== 'example.org')).toEqual([]);
    }
  });
});

describe('downloadLink of a share of Google Drive', () => {
  it('brings a small file at once', async () => {
    const { bytes, name, requests } = await fetched(share, (request, response) =>
      give(request, response, { headers: driveName }),
    );
    expect(bytes.equals(content)).toBe(true);
    expect(name).toBe('동물.zip');
    expect(requests.map(({ url }) => url.href)).toEqual([`https://drive.google.com/uc?export=download&id=${id}`]);
  });

  it('brings a file that is a page itself', async () => {
    const headers = { 'content-type': 'text/html', 'content-disposition': 'attachment; filename=page.html' };
    const { name } = await fetched(share, (request, response) => give(request, response, { headers }));
    expect(name).toBe('page.html');
  });

  it('confirms the download of a large file, its cookies carried along', async () => {
    const { bytes, requests, left } = await fetched(
      `${share}&resourcekey=0-k`,
      drive((request, response) => give(request, response, { headers: driveName })),
    );
    expect(bytes.equals(content)).toBe(true);
    expect(left).toHaveLength(1);
    expect(requests.at(-1)!.url.href).toBe(
      `https://drive.usercontent.google.com/download?id=${id}&export=download&confirm=t&uuid=u-1&resourcekey=0-k`,
    );
  });

  it('confirms by the link and the cookie of earlier days', async () => {
    for (const html of [
      `<a href="/uc?export=download&amp;confirm=aB3&amp;id=${id}">Download anyway</a>`,
      '<p>Too large',
    ]) {
      const { bytes } = await fetched(share, (request, response) => {
        if (request.url.searchParams.get('confirm') === 'aB3' && request.headers.cookie === 'download_warning_1=aB3')
          return give(request, response);
        response.setHeader('set-cookie', 'download_warning_1=aB3; Domain=drive.google.com');
        page(response, html);
      });
      expect(bytes.equals(content)).toBe(true);
    }
  });

  it('keeps the cookies from others', async () => {
    const seen: (string | undefined)[] = [];
    await fetched(share, (request, response) => {
      if (request.url.host === 'example.org') {
        seen.push(request.headers.cookie);
        return give(request, response);
      }
      drive((_, confirmed) => lead(confirmed, 'https://example.org/animals.zip'))(request, response);
    });
    expect(seen).toEqual([undefined]);
  });

  it.each<[string, Giving['headers']]>([
    ['without any version', {}],
    ['with the time of its change', { 'last-modified': 'Tue, 01 Oct 2024 10:00:00 GMT' }],
    ['with an ETag', { etag: '"v1"' }],
  ])('goes on through the confirmation where it was cut: a file %s', async (_, headers) => {
    let numCuts = 0;
    const { bytes, requests } = await fetched(
      share,
      drive((request, response) =>
        give(request, response, {
          headers: { ...driveName, ...headers },
          cutAfter: numCuts++ < 2 ? 120_000 : Infinity,
        }),
      ),
    );
    expect(bytes.equals(content)).toBe(true);
    const confirmed = requests.filter(({ url }) => url.searchParams.has('confirm'));
    expect(confirmed.map((request) => request.headers.range)).toEqual([undefined, 'bytes=120000-', 'bytes=240000-']);
    const pages = requests.filter(({ url }) => !url.searchParams.has('confirm'));
    expect(pages.map((request) => request.headers.range).filter(Boolean)).toEqual([]);
  });

  it('goes on with a small file, and in a later process', async () => {
    let cutAfter = 100_000;
    const { network, requests } = await web((request, response) =>
      give(request, response, { headers: driveName, cutAfter }),
    );
    const folder = await temporaryFolder();
    await expect(downloadLink(share, folder, { network: once(network) })).rejects.toMatchObject({
      code: 'download-failed',
    });
    cutAfter = Infinity;
    const { file, name } = await downloadLink(`https://drive.google.com/open?id=${id}`, folder, { network });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(name).toBe('동물.zip');
    expect(requests.map((request) => request.headers.range)).toEqual([undefined, undefined, 'bytes=100000-']);
  });

  it.each<[string, Giving]>([
    ['size', { body: Buffer.concat([other, other]) }],
    ['version', { body: other, headers: { 'last-modified': 'Mon, 02 Sep 2024 10:00:00 GMT' } }],
  ])('begins anew when the file has another %s than before', async (_, before) => {
    let numAnswers = 0;
    const now = { headers: { 'last-modified': 'Tue, 01 Oct 2024 10:00:00 GMT' } };
    const { bytes } = await fetched(
      share,
      drive((request, response) =>
        give(request, response, numAnswers++ === 0 ? { ...before, cutAfter: 100_000 } : now),
      ),
    );
    expect(bytes.equals(content)).toBe(true);
  });

  it('begins anew where a part is asked for and the whole comes', async () => {
    let numAnswers = 0;
    const { bytes } = await fetched(
      share,
      drive((request, response) =>
        give(request, response, numAnswers++ === 0 ? { cutAfter: 100_000 } : { ranges: 'no' }),
      ),
    );
    expect(bytes.equals(content)).toBe(true);
  });

  it.each<[string, string, Site]>([
    [
      'quota-exceeded',
      'at once',
      (_, response) => page(response, '<p>Too many users have viewed or downloaded this file recently.'),
    ],
    [
      'quota-exceeded',
      'after the confirmation',
      drive((_, response) => page(response, '<title>Google Drive - Quota exceeded</title>', 403)),
    ],
    [
      'no-permission',
      'by a page to sign in',
      ({ url }, response) =>
        url.host === 'accounts.google.com'
          ? page(response, '<title>Google Drive: Sign-in</title>')
          : lead(response, 'https://accounts.google.com/ServiceLogin?continue=x'),
    ],
    ['no-permission', 'by its status', (_, response) => page(response, '<p>?', 403)],
    ['not-found', 'by its status', (_, response) => page(response, '<p>?', 404)],
    ['not-found', 'in words', (_, response) => page(response, '<p>Sorry, the file you have requested does not exist.')],
    ['infected', 'in words', (_, response) => page(response, '<p>This file is infected with a virus')],
    ['web-page', 'that nobody knows', (_, response) => page(response, '<p>Hello')],
    [
      'web-page',
      'that asks for ever',
      (request, response) =>
        drive(() => undefined)(
          { ...request, url: new URL(`https://drive.usercontent.google.com/?${request.index}`) },
          response,
        ),
    ],
  ])('says %s, told %s', async (problem, _, site) => {
    const { error, left } = await refusal(share, site);
    expect(error).toMatchObject({ code: 'link-refused', params: { url: share, problem } });
    expect(left).toEqual([]);
  });

  it('keeps what has come when Drive gives no more today', async () => {
    let isOver = false;
    const { network } = await web(
      drive((request, response) => {
        if (isOver) return page(response, '<title>Google Drive - Quota exceeded</title>');
        isOver = true;
        give(request, response, { cutAfter: 100_000 });
      }),
    );
    const folder = await temporaryFolder();
    await expect(downloadLink(share, folder, { network })).rejects.toMatchObject({
      params: { problem: 'quota-exceeded' },
    });
    expect(readdirSync(folder).map((name) => path.extname(name))).toEqual(['.part', '.json']);
  });

  it('tries again when Drive has trouble of its own', async () => {
    const { bytes, requests } = await fetched(share, (request, response) =>
      request.index < 2 ? page(response, '<p>Try again', [500, 429][request.index]) : give(request, response),
    );
    expect(bytes.equals(content)).toBe(true);
    expect(requests).toHaveLength(3);
  });

  it('reads no endless page', async () => {
    const { error } = await refusal(share, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = () => response.write('<p>'.repeat(20_000), more);
      more();
    });
    expect(error).toMatchObject({ code: 'link-refused', params: { problem: 'web-page' } });
  });

  it('touches nothing else in the folder', async () => {
    const { network } = await web((request, response) => give(request, response));
    const folder = await temporaryFolder();
    writeFileSync(path.join(folder, 'animals.zip'), 'mine');
    await downloadLink(archive, folder, { network });
    expect(readFileSync(path.join(folder, 'animals.zip'), 'utf8')).toBe('mine');
  });
});
