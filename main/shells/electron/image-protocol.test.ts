import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../../../contract/errors.ts';
import { answerImage, parseImageUrl } from './image-protocol.ts';

const hostile = [
  '..',
  '%2e%2e',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2fx',
  '%252e%252e%252fx',
  'a/b',
  'a%2fb',
  'a%5cb',
  'a\\b',
  '%2fetc%2fpasswd',
  'C%3a%5cx',
  '%00',
  'a%00',
  'a%20b',
  'a b',
  'é',
  '%F0%9F%98%80',
  'a..b',
  '',
  '/',
  'x'.repeat(201),
  '<svg>',
  'a;b',
  'a,b',
  "a'b",
  'a"b',
  '%',
  '%zz',
  'a@b',
  'a|b',
];

describe('parseImageUrl', () => {
  it('reads an id and a size', () => {
    expect(parseImageUrl('graft-image://image/d1.000042?size=128')).toEqual({ imageId: 'd1.000042', sizePx: 128 });
    expect(parseImageUrl('graft-image://image/Ab_9~-:c')).toEqual({ imageId: 'Ab_9~-:c', sizePx: 224 });
  });

  it('sees of dots that lead upwards only the name behind them', () => {
    expect(parseImageUrl('graft-image://image/../../a?size=64')).toEqual({ imageId: 'a', sizePx: 64 });
  });

  it.each(hostile)('refuses the id %j', (id) => {
    expect(parseImageUrl(`graft-image://image/${id}?size=64`)).toBeNull();
  });

  it.each(['0', '-1', '15', '2049', '99999', '1e3', '0x40', 'NaN', '64.5', '', ' 64', '64&size=9999', '64&x=1'])(
    'refuses the size %j',
    (size) => {
      expect(parseImageUrl(`graft-image://image/a?size=${size}`)).toBeNull();
    },
  );

  it.each([
    'graft-image://other/a',
    'graft-image://image.evil/a',
    'graft-image://u@image/a',
    'graft-image://image:1/a',
    'graft-image:a',
    'app://image/a',
    'file:///a',
    '',
    'graft-image://image',
  ])('refuses the address %j', (url) => {
    expect(parseImageUrl(url)).toBeNull();
  });
});

describe('answerImage', () => {
  const thumbnail = vi.fn(async (): Promise<Reply<unknown>> => ({ ok: true, value: new Uint8Array([1, 2, 3]) }));
  const url = 'graft-image://image/a?size=64';

  it('gives our page the bytes as WebP that nothing else can be made of', async () => {
    const response = await answerImage({ url, initiatorOrigin: 'app://graft' }, thumbnail);
    expect(thumbnail).toHaveBeenCalledWith('a', 64);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
  });

  it('says JPEG where it is one', async () => {
    const jpeg = async (): Promise<Reply<unknown>> => ({ ok: true, value: new Uint8Array([0xff, 0xd8, 0xff]) });
    const response = await answerImage({ url, initiatorOrigin: 'app://graft' }, jpeg);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
  });

  it('gives a foreign page nothing', async () => {
    thumbnail.mockClear();
    for (const initiatorOrigin of ['https://evil.org', 'app://graft.evil', null, ''])
      expect((await answerImage({ url, initiatorOrigin }, thumbnail)).status).toBe(403);
    expect(thumbnail).not.toHaveBeenCalled();
  });

  it('asks the backend nothing for a malformed address', async () => {
    thumbnail.mockClear();
    expect((await answerImage({ url: 'graft-image://image/a%2f..%2fb' }, thumbnail)).status).toBe(400);
    expect(thumbnail).not.toHaveBeenCalled();
  });

  it('says not found, or not readable, by the status alone', async () => {
    const failing = (code: string) => async (): Promise<Reply<unknown>> => ({ ok: false, error: { code, params: {} } });
    expect((await answerImage({ url }, failing('image-not-found'))).status).toBe(404);
    expect((await answerImage({ url }, failing('worker-died'))).status).toBe(422);
  });
});
