import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { ImagePages } from './image-pages.svelte.ts';

const query = { filter: {}, orderBy: 'path', isDescending: false } as unknown as ConstructorParameters<
  typeof ImagePages
>[2];

/** A backend of 100,000 pictures that answers when the test says. */
function fakeBackend() {
  const waiting: { page: number; answer: () => void; fail: () => void }[] = [];
  const asked: number[] = [];
  const client = {
    call: (_: string, { offset, limit }: { offset: number; limit: number }) =>
      new Promise((resolve, reject) => {
        const images = Array.from({ length: limit }, (_, at) => ({ imageId: String(offset + at) }));
        asked.push(offset / limit);
        waiting.push({
          page: offset / limit,
          answer: () => resolve({ total: 100_000, images }),
          fail: () => reject(new Error('cut')),
        });
      }),
  } as unknown as Client;
  const errors: unknown[] = [];
  const pages = new ImagePages(client, 'ds', query, 100_000, (error) => errors.push(error));
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  const next = async (what: 'answer' | 'fail' = 'answer') => {
    waiting.shift()![what]();
    await settled();
  };
  return { pages, asked, errors, next };
}

describe('ImagePages', () => {
  it('asks once for the pages in view', async () => {
    const { pages, asked, next } = fakeBackend();
    pages.need(190, 210);
    pages.need(190, 215);
    await next();
    await next();
    expect(asked).toEqual([0, 1]);
    expect(pages.at(205)?.imageId).toBe('205');
    expect(pages.at(450)).toBeNull();
  });

  it('lets go of what has flown by, and asks for where the view has come to', async () => {
    const { pages, asked, next } = fakeBackend();
    for (let first = 0; first < 90_000; first += 400) pages.need(first, first + 80);
    expect(asked).toEqual([0, 2]);
    await next();
    await next();
    expect(asked).toEqual([0, 2, 448]);
  });

  it('reads where the view has come to though a page that flew by failed', async () => {
    const { pages, asked, next } = fakeBackend();
    for (const first of [0, 400, 800]) pages.need(first, first + 80);
    await next('fail');
    expect(asked).toEqual([0, 2, 4]);
  });

  it('asks again for a page that failed when it next comes into view, and not before', async () => {
    const { pages, asked, errors, next } = fakeBackend();
    pages.need(0, 80);
    await next('fail');
    expect([asked, errors.length]).toEqual([[0], 1]);
    pages.need(0, 80);
    await next();
    expect(asked).toEqual([0, 0]);
    expect(pages.at(3)?.imageId).toBe('3');
  });
});
