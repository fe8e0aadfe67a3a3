import type { Output, Parsed } from '../../contract/contract.ts';
import type { FileVerdict } from '../../contract/dataset.ts';
import type { DatasetView, ViewedImage } from './dataset-entry.ts';
import { verdictsOf } from './dataset-view.ts';

/** A page of all verdicts on all files: pictures in use by path, then those taken out, then what was skipped. */
export function verdictPage(
  view: DatasetView,
  { kind, search, offset, limit }: Pick<Parsed<'dataset.verdicts'>, 'kind' | 'search' | 'offset' | 'limit'>,
): Output<'dataset.verdicts'> {
  const part = search?.toLowerCase();
  const files: FileVerdict[] = [];
  let total = 0;
  /** Rows are made only for the page: there may be a hundred thousand. */
  const row = (path: string, of: string, make: () => FileVerdict | undefined): void => {
    if (kind !== undefined && kind !== of) return;
    if (part !== undefined && !path.toLowerCase().includes(part)) return;
    const made = total >= offset && total < offset + limit ? make() : undefined;
    if (made) files.push(made);
    total++;
  };
  for (const image of view.images) {
    const kinds = view.findings.get(image.path)?.map((finding) => finding.kind) ?? [];
    if (kinds.length === 0) row(image.path, 'used', () => about(image, { kind: 'used' }));
    for (const [at, found] of kinds.entries())
      row(image.path, found, () => about(image, verdictsOf(view, image.path)[at]!));
  }
  for (const image of view.excluded) row(image.path, 'excluded', () => about(image, { kind: 'excluded' }));
  for (const file of [...view.manifest.skipped, ...view.manifest.left]) {
    const { path, reason, detail } = file;
    row(path, 'skipped', () => ({
      path,
      imageId: null,
      className: null,
      split: null,
      verdict: { kind: 'skipped', reason, ...(detail !== undefined && { detail }) },
    }));
  }
  return { total, files };
}

function about({ path, imageId, className, split }: ViewedImage, verdict: FileVerdict['verdict']): FileVerdict {
  return { path, imageId, className, split, verdict };
}
