import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../../../contract/errors.ts';
import { answerPicture, isPicture, type PictureRequest } from './picture-protocol.ts';

const bytesIn = (...sizes: number[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(7));
      controller.close();
    },
  });
const asked = (some: Partial<PictureRequest> = {}): PictureRequest => ({
  url: 'app://graft/api/pictures?name=cam%201.jpg',
  method: 'POST',
  body: bytesIn(3, 2),
  initiatorOrigin: 'app://graft',
  ...some,
});
const receiving = () =>
  vi.fn(async (name: string, bytes: Uint8Array): Promise<Reply<unknown>> => ({
    ok: true,
    value: [name, bytes.length],
  }));

describe('isPicture', () => {
  it('knows the one address that takes something', () => {
    expect(isPicture(asked())).toBe(true);
    expect(isPicture({ ...asked(), method: 'GET' })).toBe(false);
    expect(isPicture({ ...asked(), url: 'app://graft.evil/api/pictures?name=a' })).toBe(false);
    expect(isPicture({ ...asked(), url: 'app://graft/api/weights?name=a' })).toBe(false);
    expect(isPicture({ url: 'app://graft/index.html' })).toBe(false);
  });
});

describe('answerPicture', () => {
  it('hands the bytes on and answers a reply', async () => {
    const receive = receiving();
    const response = await answerPicture(asked(), receive);
    expect(await response.json()).toEqual({ ok: true, value: ['cam 1.jpg', 5] });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('takes nothing from a foreign page, without a name or without bytes', async () => {
    const receive = receiving();
    for (const initiatorOrigin of ['https://evil.org', 'app://graft.evil', null, ''])
      expect((await answerPicture(asked({ initiatorOrigin }), receive)).status).toBe(403);
    for (const url of [
      'app://graft/api/pictures?name=',
      'app://graft/api/pictures?x',
      `app://graft/api/pictures?name=${'x'.repeat(2000)}`,
    ])
      // prettier-ignore
      expect((await answerPicture(asked({ url }), receive)).status).toBe(400);
    expect((await answerPicture(asked({ body: null }), receive)).status).toBe(400);
    expect(receive).not.toHaveBeenCalled();
  });

  it('refuses a picture above 100 MiB, and tells what the backend says', async () => {
    const receive = receiving();
    const large = await answerPicture(asked({ body: bytesIn(60 * 2 ** 20, 60 * 2 ** 20) }), receive);
    expect(await large.json()).toMatchObject({ ok: false, error: { code: 'upload-too-large' } });
    expect(receive).not.toHaveBeenCalled();
    const full = { ok: false as const, error: { code: 'disk-full', params: { path: '/home' } } };
    expect(await (await answerPicture(asked(), async () => full)).json()).toEqual(full);
  });
});
