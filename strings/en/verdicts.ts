import type { Conversion, ImageOrder, Verdict, VerdictKind } from '../../contract/dataset.ts';
import { formatsFor } from '../format.ts';

const format = formatsFor('en');
const pictures = (n: number): string =>
  `${format.integer(n)} ${format.plural(n, { one: 'picture', other: 'pictures' })}`;
const conversions: Record<Conversion, string> = {
  turned: 'turned upright',
  cmyk: 'from CMYK',
  '16-bit': 'from 16 bits',
  alpha: 'transparency on white',
  animated: 'first frame only',
};
const pathOf = ({ other }: Verdict): string => other?.path ?? '?';
const alike = ({ similarity, byFeatures }: Verdict): string =>
  similarity === undefined ? '' : ` (${format.percent(similarity)} alike${byFeatures ? ' by features' : ''})`;

/** What Graft says about single pictures, and how they are found, selected and put in order. */
export const verdicts = {
  kinds: {
    used: 'Used',
    turned: 'Turned by EXIF',
    converted: 'Converted',
    'exact-duplicate': 'Exact duplicates',
    'near-duplicate': 'Near duplicates',
    'two-classes': 'In two classes',
    leak: 'Leaks between parts',
    excluded: 'Taken out',
    skipped: 'Not used',
  } satisfies Record<VerdictKind, string>,
  conversions,
  /** One verdict as a sentence; of skipped files the reason is said by `data.reasons`. */
  sentence: (verdict: Verdict): string => {
    switch (verdict.kind) {
      case 'used':
        return 'Used';
      case 'turned':
        return 'Turned upright as its EXIF says';
      case 'converted':
        return `Converted: ${format.list((verdict.conversions ?? []).map((one) => conversions[one]))}`;
      case 'exact-duplicate':
        return `The same file as ${pathOf(verdict)}`;
      case 'near-duplicate':
        return verdict.byFeatures
          ? `Shows the same as ${pathOf(verdict)}${alike(verdict)}`
          : `${pathOf(verdict)}, made over${alike(verdict)}`;
      case 'two-classes':
        return `Also in “${verdict.other?.className ?? '?'}”: ${pathOf(verdict)}${alike(verdict)}`;
      case 'leak':
        return `Also in ${verdict.other?.split ?? '?'}: ${pathOf(verdict)}${alike(verdict)}`;
      case 'excluded':
        return 'Taken out by you';
      case 'skipped':
        return 'Not used';
    }
  },
  title: 'A verdict on every file',
  open: 'Verdicts',
  filter: 'Which verdicts',
  any: (n: number) => `All verdicts (${format.integer(n)})`,
  counted: (kind: string, n: number) => `${kind} (${format.integer(n)})`,
  search: 'Search in paths',
  none: 'No file has this verdict.',
  /** Of files left out of an archive or an upload a thousand are listed. */
  unlisted: (n: number) => `and ${format.integer(n)} more, counted but not listed`,
  csv: 'Save as CSV',
  csvName: (dataset: string) => `${dataset} verdicts.csv`,
  comparing: 'Looking for duplicates',
  show: 'Show them',
  split: 'Part',
  anySplit: 'All parts',
  verdict: 'Found about it',
  anyVerdict: 'Anything',
  order: 'Order',
  orders: {
    path: 'Name',
    size: 'File size',
    pixels: 'Pixels',
    sharpness: 'Sharpness',
    brightness: 'Brightness',
  } satisfies Record<ImageOrder, string>,
  ascending: 'Smallest first',
  descending: 'Largest first',
  nothingFound: 'No picture fits.',
  clearFilters: 'Show all',
  selection: {
    title: 'Selected pictures',
    count: (n: number) => `${pictures(n)} selected`,
    all: (n: number) => `Select all ${format.integer(n)}`,
    clear: 'Clear selection',
    relabel: 'Class of the selected pictures (keys 1 to 9)',
    move: 'Part of the selected pictures',
    choose: 'Choose …',
    exclude: 'Take out',
    include: 'Take back in',
    one: (path: string) => `Select ${path}`,
    dropHere: (className: string) => `Drop to move them into “${className}”`,
  },
  classes: {
    tools: (name: string) => `The class “${name}”`,
    rename: 'Rename',
    newName: 'New name of the class',
    merges: (name: string) => `“${name}” exists: the two become one.`,
    merge: 'Merge',
    remove: 'Remove class',
    removeHint: 'Its pictures are taken out; the files stay.',
  },
  drawing: {
    open: 'Draw anew',
    wait: 'Once every file has been looked at: duplicates must be known to stay on one side.',
    title: 'Draw the split anew',
    hint: 'Duplicates, near ones too, stay on one side. You can undo it.',
    how: 'How',
    fractions: 'By shares',
    folds: 'By folds',
    validation: 'Validation, %',
    test: 'Test, %',
    seed: 'Seed',
    numFolds: 'Number of folds',
    fold: 'Fold for validation',
    draw: 'Draw',
    tooLarge: 'Validation and test leave nothing to train on: together they must stay below 100 %.',
  },
  mend: {
    wait: 'Graft is still looking at the files: wait until it has seen them all.',
    leakDrawn: 'Draw again, duplicates together',
    leakGiven: 'Take the copies out of train',
    duplicates: 'Take the copies out',
    'two-classes': 'Take them out',
    removeClass: (name: string) => `Remove “${name}”`,
  },
  facts: {
    size: 'Size',
    pixels: (width: number, height: number) => `${format.integer(width)} × ${format.integer(height)}`,
    sharpness: 'Sharpness',
    brightness: 'Brightness',
    camera: 'Camera',
    lens: 'Lens',
    takenAt: 'Taken',
    exposure: 'Exposure',
    exposureText: (seconds: number | null, fNumber: number | null, iso: number | null, mm: number | null): string =>
      [
        seconds === null ? '' : seconds < 1 ? `1/${format.integer(Math.round(1 / seconds))} s` : `${seconds} s`,
        fNumber === null ? '' : `f/${fNumber}`,
        iso === null ? '' : `ISO ${iso}`,
        mm === null ? '' : `${Math.round(mm)} mm`,
      ]
        .filter((part) => part !== '')
        .join(' · '),
    location: 'Place',
    hasLocation: 'The file says where it was taken',
  },
};
