import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import type { DatasetMap } from '../../contract/dataset-map.ts';
import { DataMapState } from './data-map.svelte.ts';

const map: DatasetMap = {
  datasetId: 'ds',
  backboneId: 'b',
  numImages: 3,
  classNames: ['cats', 'dogs'],
  points: { imageIds: ['1', '2', '3'], x: [0, 0.5, 1], y: [0, 0, 0], classIndexes: [0, 1, 1] },
  suspects: ['2', '3'].map((imageId) => ({
    imageId,
    path: imageId,
    className: 'dogs',
    suggested: 'cats',
    share: 1,
    numNeighbours: 10,
  })),
  numSuspects: 2,
  similar: [],
  numSimilar: 0,
};
const dataset = (numDone: number, numImages = 3) =>
  ({
    datasetId: 'ds',
    numImages,
    numExcluded: 0,
    classes: [],
    edits: { numDone, undo: null, redo: null },
  }) as unknown as DatasetSnapshot;

/** A map that is drawn, of pictures whose classes the test says. */
async function drawn(): Promise<{ state: DataMapState; now: { classIndexes: number[] }; numAsked: () => number }> {
  const now = { classIndexes: [0, 1, 1] };
  let numAsked = 0;
  const client = {
    on: () => () => undefined,
    call: (method: string) => {
      if (method === 'dataset.map') return Promise.resolve(map);
      numAsked++;
      return Promise.resolve({ classNames: ['cats', 'dogs'], classIndexes: [...now.classIndexes] });
    },
  } as unknown as Client;
  const state = new DataMapState(client);
  await state.draw('ds', undefined);
  await state.refresh(dataset(0));
  return { state, now, numAsked: () => numAsked };
}
const ids = (state: DataMapState) => state.suspects.map(({ imageId }) => imageId);

describe('DataMapState', () => {
  it('lists the suspects that still carry their label, and again after undo', async () => {
    const { state, now } = await drawn();
    expect(ids(state)).toEqual(['2', '3']);
    now.classIndexes = [0, 0, 1];
    await state.refresh(dataset(1));
    expect(ids(state)).toEqual(['3']);
    expect(state.classIndexes).toEqual([0, 0, 1]);
    now.classIndexes = [0, 1, 1];
    await state.refresh(dataset(0));
    expect(ids(state)).toEqual(['2', '3']);
  });

  it('forgets a suspect that was judged right, until the map is drawn again', async () => {
    const { state } = await drawn();
    state.judgeRight('2');
    expect(ids(state)).toEqual(['3']);
  });

  it('tells pictures that came from pictures that the user took out', async () => {
    const { state, now } = await drawn();
    expect(state.hasChanged).toBe(false);
    now.classIndexes = [0, 1, -1];
    await state.refresh(dataset(1, 2));
    expect(state.hasChanged).toBe(false);
    await state.refresh(dataset(1, 4));
    expect(state.hasChanged).toBe(true);
  });

  it('asks again only when something changed, and never for another data set', async () => {
    const { state, numAsked } = await drawn();
    await state.refresh(dataset(0));
    expect(numAsked()).toBe(1);
    await state.refresh({ ...dataset(2), datasetId: 'other' });
    expect(numAsked()).toBe(1);
  });
});
