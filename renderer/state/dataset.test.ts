import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import type { RendererTransport } from '../transport/transport.ts';
import { DatasetState } from './dataset.svelte.ts';

const snapshot = (datasetId: string, over: Partial<DatasetSnapshot> = {}) =>
  ({ datasetId, name: datasetId, phase: 'ready', createdAt: '2026-11-23T10:00:00Z', ...over }) as DatasetSnapshot;

/** A backend whose lists are answered when the test says, and which knows every data set that is asked for. */
function fakeBackend(transport: Partial<RendererTransport> = {}) {
  const listeners = new Map<string, (data: never) => void>();
  const lists: ((datasets: readonly DatasetSnapshot[]) => void)[] = [];
  const client = {
    call: (method: string, { datasetId }: { datasetId: string }) =>
      method === 'dataset.list'
        ? new Promise((resolve) => lists.push(resolve))
        : new Promise((resolve) => setTimeout(() => resolve(method === 'dataset.remove' ? {} : snapshot(datasetId)))),
    on: (event: string, listener: (data: never) => void) => listeners.set(event, listener),
  } as unknown as Client;
  return {
    state: new DatasetState(client, transport as RendererTransport),
    numLists: () => lists.length,
    answerList: (...ids: string[]) => lists.shift()!(ids.map((id) => snapshot(id))),
    emit: (data: DatasetSnapshot) => listeners.get('dataset.changed')?.(data as never),
  };
}
const idsOf = (state: DatasetState) => state.list.map(({ datasetId }) => datasetId).sort();

describe('DatasetState', () => {
  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    });
    return () => vi.unstubAllGlobals();
  });

  it('keeps on screen what was added while an older list was on its way', async () => {
    const { state, answerList } = fakeBackend();
    const refreshed = state.refresh();
    const selected = state.select('dropped'); // which is not known of before its own answer
    answerList();
    await Promise.all([refreshed, selected]);
    expect(state.current?.datasetId).toBe('dropped');
    expect(idsOf(state)).toEqual(['dropped']);
    expect(state.isLoaded).toBe(true);
  });

  it('keeps what an event told while the list was on its way', async () => {
    const { state, answerList, emit } = fakeBackend();
    const refreshed = state.refresh();
    emit(snapshot('a', { phase: 'scanning' }));
    answerList('a', 'b');
    await refreshed;
    expect(idsOf(state)).toEqual(['a', 'b']);
    expect(state.list.find(({ datasetId }) => datasetId === 'a')?.phase).toBe('scanning');
  });

  it('forgets what a newer list has no more, and shows another', async () => {
    const { state, answerList } = fakeBackend();
    const first = state.refresh();
    answerList('a', 'b');
    await first;
    await state.select('a');
    const again = state.refresh();
    answerList('b');
    await again;
    expect(idsOf(state)).toEqual(['b']);
    expect(state.current?.datasetId).toBe('b');
  });

  it('lets no late event bring back what was removed, until it is opened again', async () => {
    const { state, answerList, emit, numLists } = fakeBackend();
    const first = state.refresh();
    answerList('a', 'b');
    await first;
    const removed = state.remove('a');
    await vi.waitFor(() => expect(numLists()).toBe(1)); // until the list is asked for
    emit(snapshot('a'));
    answerList('b');
    await removed;
    expect(idsOf(state)).toEqual(['b']);
    await state.select('a');
    expect(idsOf(state)).toEqual(['a', 'b']);
  });

  describe('opened again', () => {
    /** An upload that is begun, and which the test ends. */
    function uploading() {
      const upload = { resolve: (_id: string) => {}, reject: (_error: Error) => {} };
      const ended = new Promise<string>((resolve, reject) => Object.assign(upload, { resolve, reject }));
      const { state } = fakeBackend({
        addDatasetFiles: (_name, _files, onProgress) => {
          onProgress({ numDone: 1, numFiles: 2, datasetId: 'sent' });
          return ended;
        },
      });
      return { state, upload, sent: state.addFiles('sent', []) };
    }
    /** What another page of this browser shows first. */
    async function shownBy(...ids: string[]): Promise<string | undefined> {
      const { state, answerList } = fakeBackend();
      const refreshed = state.refresh();
      answerList(...ids);
      await refreshed;
      return state.current?.datasetId;
    }

    it('shows an upload that was cut off, whatever was looked at meanwhile, and what it was before when nothing of it is left', async () => {
      const { state } = uploading();
      await state.select('old');
      expect(await shownBy('new', 'old', 'sent')).toBe('sent');
      const { upload, sent } = uploading();
      upload.reject(new Error('cut'));
      await expect(sent).rejects.toThrow('cut');
      localStorage.setItem('graft.dataset', 'old');
      expect(await shownBy('new', 'old')).toBe('old');
    });

    it('shows what was chosen after an upload that ended, was cancelled, or failed', async () => {
      for (const end of ['done', 'cancelled', 'failed'] as const) {
        const { state, upload, sent } = uploading();
        if (end === 'done') upload.resolve('sent');
        else {
          if (end === 'cancelled') state.cancelUpload();
          upload.reject(new Error(end));
        }
        await sent.catch(() => undefined);
        await state.select('old');
        expect([end, await shownBy('new', 'old', 'sent')]).toEqual([end, 'old']);
      }
    });
  });

  it('leaves the upload of another window remembered', async () => {
    localStorage.setItem('graft.upload', 'of-another');
    const { state } = fakeBackend();
    await state.select('old');
    expect(localStorage.getItem('graft.upload')).toBe('of-another');
    const upload = { resolve: (_id: string) => {} };
    const ended = new Promise<string>((resolve) => Object.assign(upload, { resolve }));
    const sending = fakeBackend({
      addDatasetFiles: (_name, _files, onProgress) => {
        onProgress({ numDone: 1, numFiles: 2, datasetId: 'sent' });
        return ended;
      },
    });
    const sent = sending.state.addFiles('sent', []);
    localStorage.setItem('graft.upload', 'of-another'); // which has begun meanwhile
    upload.resolve('sent');
    await sent;
    expect(localStorage.getItem('graft.upload')).toBe('of-another');
  });

  it('shows none after the last was removed', async () => {
    const { state, answerList, numLists } = fakeBackend();
    const first = state.refresh();
    answerList('a');
    await first;
    const removed = state.remove('a');
    await vi.waitFor(() => expect(numLists()).toBe(1)); // until the list is asked for
    answerList();
    await removed;
    expect(state.current).toBeNull();
    expect(state.list).toEqual([]);
  });
});
