import { describe, expect, it } from 'vitest';
import { fileNameOf } from './file-name.ts';

const address = new URL('https://example.org/data/from%20address.zip?x=/y');
/** As fetch hands a header over: byte by byte. */
const header = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('fileNameOf', () => {
  it.each([
    ['attachment; filename="animals.zip"', 'animals.zip'],
    ['attachment;filename=animals.zip', 'animals.zip'],
    ['attachment; filename = animals.tar.gz ; size=5', 'animals.tar.gz'],
    ['ATTACHMENT; FILENAME="a;b \\"c\\".zip"', 'a;b _c_.zip'],
    ['attachment; filename="plain.zip"; filename*=UTF-8\'\'%EB%8F%99%EB%AC%BC.zip', '동물.zip'],
    ["attachment; filename*=utf-8'ko'%EB%8F%99%EB%AC%BC.zip; filename=plain.zip", '동물.zip'],
    ["attachment; filename*=iso-8859-1''K%E4fer.zip", 'Käfer.zip'],
    [header('attachment; filename="동물.zip"'), '동물.zip'],
    ['attachment; filename="K\u00e4fer.zip"', 'Käfer.zip'],
    ['attachment; filename="%EB%8F%99%EB%AC%BC.zip"', '동물.zip'],
    ['attachment; filename="100%.zip"', '100%.zip'],
    ["attachment; filename*=KOI8-R''x.zip; filename=plain.zip", 'plain.zip'],
  ])('reads %s', (disposition, name) => {
    expect(fileNameOf(disposition, address)).toBe(name);
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['/etc/cron.d/job', 'job'],
    ['..\\\\..\\\\Windows\\\\x.dll', 'x.dll'],
    ['C:evil.zip', 'C_evil.zip'],
    ['.bashrc', 'bashrc'],
    ['a.zip. . ', 'a.zip'],
    ['a\u0000b\u001b.zip', 'ab.zip'],
    ['CON.zip', '_CON.zip'],
    ['aux', '_aux'],
  ])('makes %s plain', (said, name) => {
    expect(fileNameOf(`attachment; filename="${said}"`, address)).toBe(name);
  });

  it('makes an encoded name plain too', () => {
    expect(fileNameOf("attachment; filename*=UTF-8''..%2F..%2Fx%E2%80%AEgpj.zip", address)).toBe('xgpj.zip');
  });

  it.each([null, '', 'attachment', 'inline; filename=""', 'attachment; filename=".."', 'attachment; filename="a/"'])(
    'takes the name from the address when the server says %s',
    (disposition) => {
      expect(fileNameOf(disposition, address)).toBe('from address.zip');
    },
  );

  it('always has one', () => {
    expect(fileNameOf(null, new URL('https://example.org/'))).toBe('download');
    expect(fileNameOf(null, new URL('https://example.org/%2e%2e%2f'))).toBe('download');
  });

  it('shortens a long one, and keeps its end', () => {
    const name = fileNameOf(header(`attachment; filename="${'동물'.repeat(200)}.tar.gz"`), address);
    expect(name).toMatch(/^동물.*\.tar\.gz$/);
    expect(Buffer.byteLength(name)).toBeLessThan(220);
  });
});
