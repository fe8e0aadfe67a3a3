import type { ImageItem } from '../../contract/dataset.ts';
import type { ImageLabels } from '../../contract/dataset-map.ts';
import { GraftError } from '../../contract/errors.ts';
import type { DatasetView } from './dataset-entry.ts';
import { itemOf } from './dataset-view.ts';

/** A picture of a view by its id. @throws image-not-found */
export function imageById(view: DatasetView, imageId: string): ImageItem & { isExcluded: boolean } {
  const { images, excluded } = view;
  for (const [list, isExcluded] of [
    [images, false],
    [excluded, true],
  ] as const) {
    const found = list.find((image) => image.imageId === imageId);
    if (found) return { ...itemOf(view, found), isExcluded };
  }
  throw new GraftError('image-not-found', { imageId });
}

/** The classes of pictures of a view, in the order of their ids; -1 for one that is not in use. */
export function labelsOf({ images, manifest }: DatasetView, imageIds: readonly string[]): ImageLabels {
  const { classNames } = manifest;
  const indexOf = new Map(classNames.map((name, index) => [name, index]));
  const classOf = new Map(images.map(({ imageId, className }) => [imageId, indexOf.get(className)!]));
  return { classNames: [...classNames], classIndexes: imageIds.map((imageId) => classOf.get(imageId) ?? -1) };
}
