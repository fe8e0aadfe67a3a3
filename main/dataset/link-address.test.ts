import { describe, expect, it } from 'vitest';
import { parseLink } from './link-address.ts';

const id = '1aB_c-D2e3F4g5H6i7J8k9L0mNoPqRsTu';
const asked = `https://drive.google.com/uc?export=download&id=${id}`;

describe('parseLink', () => {
  it.each([
    `https://drive.google.com/uc?id=${id}`,
    `https://drive.google.com/uc?export=download&id=${id}`,
    `https://drive.google.com/u/0/uc?id=${id}&export=download`,
    `https://drive.google.com/uc?export=view&confirm=t&id=${id}`,
    `https://drive.google.com/file/d/${id}/view?usp=sharing`,
    `https://drive.google.com/file/d/${id}/view?usp=drive_link#page`,
    `https://drive.google.com/file/d/${id}/edit`,
    `https://drive.google.com/file/d/${id}/preview`,
    `https://drive.google.com/file/d/${id}`,
    `https://drive.google.com/file/u/1/d/${id}/view`,
    `https://drive.google.com/u/2/file/d/${id}/view`,
    `https://drive.google.com/a/example.org/file/d/${id}/view`,
    `https://drive.google.com/open?id=${id}`,
    `https://drive.google.com/open?id=${id}&usp=drive_fs`,
    `https://docs.google.com/uc?export=download&id=${id}`,
    `https://docs.google.com/uc?id=${id}`,
    `https://drive.usercontent.google.com/download?id=${id}&export=download&confirm=t&uuid=1-2`,
    `https://drive.usercontent.google.com/u/0/uc?id=${id}&export=download`,
    `http://drive.google.com/uc?id=${id}`,
    `  <https://DRIVE.google.com/uc?id=${id}>\n`,
  ])('finds the file of Drive in %s', (link) => {
    expect(parseLink(link)).toEqual({ kind: 'drive', id, resourceKey: null, url: asked });
  });

  it('keeps the key that older files of Drive need', () => {
    expect(parseLink(`https://drive.google.com/file/d/${id}/view?usp=sharing&resourcekey=0-Ab_c`)).toEqual({
      kind: 'drive',
      id,
      resourceKey: '0-Ab_c',
      url: `${asked}&resourcekey=0-Ab_c`,
    });
  });

  it.each([
    [`https://drive.google.com/drive/folders/${id}?usp=sharing`, 'drive-folder'],
    [`https://drive.google.com/drive/u/0/folders/${id}`, 'drive-folder'],
    [`https://drive.google.com/drive/mobile/folders/${id}`, 'drive-folder'],
    [`https://drive.google.com/folderview?id=${id}`, 'drive-folder'],
    [`https://drive.google.com/embeddedfolderview?id=${id}#grid`, 'drive-folder'],
    [`https://docs.google.com/spreadsheets/d/${id}/edit`, 'drive-document'],
    [`https://docs.google.com/a/example.org/document/d/${id}`, 'drive-document'],
    ['https://drive.google.com/drive/my-drive', 'web-page'],
    ['https://drive.google.com/uc?export=download', 'not-found'],
    ['https://drive.google.com/open?id=../..', 'not-found'],
    ['http://example.org/animals.zip', 'not-encrypted'],
    ['https://anna:secret@example.org/animals.zip', 'unsafe-address'],
    ['https://drive.google.com@example.org/uc?id=1', 'unsafe-address'],
  ])('says of %s that it is refused: %s', (link, problem) => {
    expect(parseLink(link)).toEqual({ kind: 'refused', problem });
  });

  it.each([
    ['https://example.org/animals.zip', 'https://example.org/animals.zip'],
    ['https://example.org/동물.zip?key=1#top', 'https://example.org/%EB%8F%99%EB%AC%BC.zip?key=1'],
    ['https://drive.google.com.example.org/uc?id=1', 'https://drive.google.com.example.org/uc?id=1'],
    ['https://www.dropbox.com/s/abc/animals.zip?dl=0', 'https://www.dropbox.com/s/abc/animals.zip?dl=1'],
    ['https://www.dropbox.com/scl/fi/abc/a.zip?rlkey=x&dl=0', 'https://www.dropbox.com/scl/fi/abc/a.zip?rlkey=x&dl=1'],
    ['https://dropbox.com/s/abc/animals.zip', 'https://dropbox.com/s/abc/animals.zip?dl=1'],
    ['https://github.com/a/b/blob/main/data/x.zip', 'https://github.com/a/b/raw/main/data/x.zip'],
    ['https://github.com/a/b/archive/refs/tags/v1.zip', 'https://github.com/a/b/archive/refs/tags/v1.zip'],
  ])('asks for the file behind %s', (link, url) => {
    expect(parseLink(link)).toEqual({ kind: 'file', url });
  });

  it.each([
    '',
    'animals',
    '/home/a/https://x',
    'C:\\data\\animals.zip',
    'file:///etc/passwd',
    'ftp://example.org/a',
    'https://',
    'https://a b',
    'data:,x',
  ])('takes “%s” for no link', (text) => {
    expect(parseLink(text)).toBeNull();
  });
});
