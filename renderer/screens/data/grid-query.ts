import type { DatasetSnapshot, ImageFilter, ImageOrder, SizeRange, Split } from '../../../contract/dataset.ts';
import type { ImageQuery } from '../../state/image-pages.svelte.ts';

type PictureVerdict = NonNullable<ImageFilter['verdict']>;

/** What a person has asked to see. */
export interface GridQuery {
  className: string | null;
  isExcluded: boolean;
  split: Split | null;
  verdict: PictureVerdict | null;
  search: string;
  sizes: SizeRange | null;
  orderBy: ImageOrder;
  isDescending: boolean;
}

export const everything: GridQuery = {
  className: null,
  isExcluded: false,
  split: null,
  verdict: null,
  search: '',
  sizes: null,
  orderBy: 'path',
  isDescending: false,
};

/** Verdicts on pictures in use, in the order of their weight. */
export const pictureVerdicts: readonly PictureVerdict[] = [
  'leak',
  'two-classes',
  'exact-duplicate',
  'near-duplicate',
  'turned',
  'converted',
];

/** The query as the backend takes it. */
export function asImageQuery(query: GridQuery): ImageQuery {
  const { className, isExcluded, split, verdict, search, sizes, orderBy, isDescending } = query;
  const filter: ImageFilter = {
    ...(className !== null && { className }),
    ...(isExcluded && { isExcluded }),
    ...(split !== null && { split }),
    ...(verdict !== null && !isExcluded && { verdict }),
    ...(search !== '' && { search }),
    ...(sizes !== null && { sizes }),
  };
  return { filter, orderBy, isDescending };
}

/** How many pictures a query will find, where the data set tells; else at most so many, until the first page has come. */
export function expectedTotal(dataset: DatasetSnapshot, query: GridQuery): number {
  if (query.isExcluded) return dataset.numExcluded;
  const classes = dataset.classes.filter(({ name }) => query.className === null || name === query.className);
  const inClass = classes.reduce((sum, one) => sum + (query.split === null ? one.numImages : one[query.split]), 0);
  return query.verdict === null ? inClass : Math.min(inClass, dataset.verdicts[query.verdict]);
}
