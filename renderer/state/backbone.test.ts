import { describe, expect, it } from 'vitest';
import type { BackboneFacts } from '../../contract/backbone.ts';
import type { Client } from '../../contract/client.ts';
import { BackboneState } from './backbone.svelte.ts';

const facts = (weights: Partial<BackboneFacts['weights']> = {}): BackboneFacts => ({
  id: 'vgg16',
  name: 'VGG16',
  family: 'VGG',
  inputSize: [224, 224],
  minInputSize: 32,
  featureShape: [7, 7, 512],
  preprocessing: 'BGR - mean',
  numParameters: 14_714_688,
  numLayers: 19,
  sizeBytes: 58_858_752,
  imagenet: null,
  licence: '',
  paper: '',
  weights: {
    state: 'missing',
    sha256: null,
    officialFile: 'f.h5',
    officialUrl: 'https://example.org/f.h5',
    ...weights,
  },
  msPerImage: null,
});

/** A backend that answers lists with `list()` and lets the test announce what happens. */
function fakeBackend(list: () => BackboneFacts) {
  const listeners = new Map<string, (data: never) => void>();
  const called: string[] = [];
  const client = {
    call: (method: string) => {
      called.push(method);
      return Promise.resolve(
        method === 'backbone.list' ? [list()] : method === 'weights.download' ? { jobId: 'j' } : null,
      );
    },
    on: (event: string, listener: (data: never) => void) => listeners.set(event, listener),
  } as unknown as Client;
  return { client, called, emit: (event: string, data: unknown) => listeners.get(event)?.(data as never) };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('BackboneState', () => {
  it('downloads weights, follows the bytes, and ends with the new facts', async () => {
    let now = facts();
    const backend = fakeBackend(() => now);
    const state = new BackboneState(backend.client);
    await state.refresh();
    const downloading = state.download('vgg16');
    expect(state.isDownloading('vgg16')).toBe(true);
    expect(await state.download('vgg16')).toBeNull(); // one at a time
    backend.emit('weights.progress', { backboneId: 'vgg16', receivedBytes: 5, totalBytes: 10 });
    expect(state.find('vgg16')!.weights.download).toEqual({ receivedBytes: 5, totalBytes: 10 });
    now = facts({ state: 'official', download: null });
    backend.emit('job.ended', { jobId: 'j', error: null });
    expect((await downloading)!.weights.state).toBe('official');
    expect(state.isDownloading('vgg16')).toBe(false);
  });

  it('shows a download that was running before the window opened, and can cancel it', async () => {
    const backend = fakeBackend(() => facts({ download: { receivedBytes: 1, totalBytes: null } }));
    const state = new BackboneState(backend.client);
    await state.refresh();
    expect(state.isDownloading('vgg16')).toBe(true);
    await state.cancelDownload('vgg16');
    expect(backend.called.at(-1)).toBe('weights.cancel');
    backend.emit('backbone.changed', facts({ download: null }));
    expect(state.isDownloading('vgg16')).toBe(false);
  });

  it('throws what the download failed with', async () => {
    const backend = fakeBackend(() => facts());
    const state = new BackboneState(backend.client);
    const downloading = state.download('vgg16');
    await settled();
    const params = { url: 'https://example.org/f.h5', problem: 'ENOTFOUND' };
    backend.emit('job.ended', { jobId: 'j', error: { code: 'download-failed', params } });
    await expect(downloading).rejects.toMatchObject({ code: 'download-failed', params });
  });
});
