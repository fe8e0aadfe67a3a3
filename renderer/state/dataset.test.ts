import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import type { RendererTransport } from '../transport/transport.ts';
import { DatasetState } from './dataset.svelte.ts';

const snapshot = (datasetId: string, over: Partial<DatasetSnapshot> = {}) =>
  ({ datasetId, name: datasetId, phase: 'ready', createdAt: '2026-11-23T10:00:00Z', ...over }) as DatasetSnapshot;

/** A backend whose lists are answered when the test says, and which knows every data set that is asked for. */
function fakeBackend() {
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
    state: new DatasetState(client, {} as RendererTransport),
    numLists: () => lists.length,
    answerList: (...ids: string[]) => lists.shift()!(ids.map((id) => snapshot(id))),
    emit: (data: DatasetSnapshot) => listeners.get('dataset.changed')?.(data as never),
  };
}
const idsOf = (state: DatasetState) => state.list.map(({ datasetId }) => datasetId).sort();

describe('DatasetState', () => {
  beforeEach(() => {
    vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
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
