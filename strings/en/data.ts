import type { EditSummary } from '../../contract/dataset.ts';
import { formatsFor } from '../format.ts';

const format = formatsFor('en');
const pictures = (n: number): string =>
  `${format.integer(n)} ${format.plural(n, { one: 'picture', other: 'pictures' })}`;
const files = (n: number): string => `${format.integer(n)} ${format.plural(n, { one: 'file', other: 'files' })}`;

/** Words of the Data screen. */
export const data = {
  title: 'Data',
  lead: 'Pictures in folders, one folder for each class. Everything stays on this computer.',
  inPlace: (name: string) => `${name}, read in place. Your files are never moved or changed.`,
  uploaded: (name: string) => `${name}, a copy that Graft keeps. Your own files stay as they are.`,
  archived: (name: string) => `${name}, unpacked into Graft’s own place. The archive stays as it is.`,
  linked: (name: string) => `${name}, from a link, unpacked into Graft’s own place.`,
  sample: (name: string) => `${name}, drawn by Graft from a seed.`,
  listed: (file: string, numUnlisted: number) =>
    numUnlisted === 0
      ? `Pictures and classes are those of ${file}.`
      : `Pictures and classes are those of ${file}; ${files(numUnlisted)} beside them ${format.plural(numUnlisted, { one: 'is', other: 'are' })} not in it.`,
  empty: {
    drop: 'Drop a folder of pictures',
    dropHint: 'Or a ZIP of one, or a link to one. Anywhere on this window.',
    openFolder: 'Open folder',
    openArchive: 'Open a ZIP',
    link: 'Or a link to a ZIP: https, or a share of Google Drive',
    linkPlaceholder: 'https://drive.google.com/file/d/…',
    getLink: 'Download',
    exampleLink: 'The lecture’s own: cats_and_dogs_small.zip',
    sha256: 'SHA-256 of the file, if you know it',
    sample: 'Try the sample',
    sampleHint: 'Drawn pictures to try everything with, ready in seconds.',
    path: 'Or the path of a folder, a ZIP or a list (CSV, JSON) on the computer that runs Graft',
    pathPlaceholder: '/home/you/pictures',
    pathHint: (hint: string) => `Folders under ${hint} can be opened.`,
    add: 'Read',
    browse: 'Browse',
    browseTop: 'Folders that can be opened',
    browseUp: 'One level up',
    browseHere: (name: string) => `Read ${name}`,
    browseNothing: 'No folder, archive or list lies here.',
    browseMore: (n: number) => `${format.integer(n)} more are not shown; type the path.`,
    browsePictures: (n: number) => `${pictures(n)} in this folder itself`,
    browseKinds: { folder: 'folder', archive: 'archive', list: 'list of labels' },
    layoutTitle: 'How the folder should look',
    layoutClasses: 'One folder a class. Graft draws train, validation and test from it.',
    layoutSplits: 'Or already split, as in a lecture. Graft keeps your parts.',
    layoutList: 'Or with a list beside them, such as labels.csv: path,label and, if you like, split.',
    exampleClasses: ['cats', 'dogs'],
    start: 'Start empty',
    startTitle: 'Start with two classes',
    startHint: 'Two classes to begin with. Fill them with the webcam, or drop pictures onto them.',
    startName: 'Name',
    startDefault: 'My pictures',
    startClass: (n: number) => `Class ${format.integer(n)}`,
    startCreate: 'Create',
    startCancel: 'Cancel',
  },
  busy: {
    uploading: (name: string) => `Uploading ${name}`,
    downloading: (name: string) => `Downloading ${name}`,
    unpacking: (name: string) => `Unpacking ${name}`,
    paused: (name: string) => `${name} is paused`,
    bytes: (done: string, total: string | null) => (total === null ? done : `${done} of ${total}`),
    left: (time: string) => `${time} left`,
    pause: 'Pause',
    resume: 'Go on',
    drawing: 'Drawing the sample pictures',
    scanning: (name: string) => `Looking at every file of ${name}`,
    progress: (done: number, total: number) => `${format.integer(done)} of ${files(total)}`,
    cancel: 'Cancel',
    goOn: {
      folder: 'Was this page closed meanwhile? Choose the same folder again to go on: what has come is not sent again.',
      archive: 'Was this page closed meanwhile? Choose the same file again to go on: what has come is not sent again.',
    },
  },
  failed: 'This data set could not be read',
  missing: 'The folder is gone',
  missingHint:
    'It was moved, renamed or its disk is not connected. Bring it back, or open it again from where it is now.',
  tryAgain: 'Try again',
  forget: 'Forget this data set',
  forgot: (name: string) => `${name} is forgotten. The pictures are where they were.`,
  readAgain: 'Read it again',
  readAgainHint: 'Finds what was added, changed or taken away.',
  addPictures: 'Open another folder',
  classes: 'Classes',
  all: 'All',
  split: 'Split',
  splitFrom: { folders: 'from the folders', drawn: 'drawn by seed', edited: 'as you set it' },
  splitFromList: 'from the list',
  splits: { train: 'train', validation: 'validation', test: 'test' },
  splitShort: { train: 'train', validation: 'val', test: 'test' },
  classCount: (name: string, n: number) => `${name}: ${pictures(n)}`,
  moreClasses: (n: number) => `and ${format.integer(n)} more`,
  notUsed: (n: number) => `${files(n)} ${format.plural(n, { one: 'was', other: 'were' })} not used: see why`,
  notUsedMore: 'Show more',
  close: 'Close',
  reasons: {
    'not-an-image': 'Not a picture',
    corrupt: 'Damaged: it cannot be decoded',
    truncated: 'Cut off: the end of the file is missing',
    'decoder-crashed': 'Damaged so that decoding it crashes: it is left alone until it changes',
    empty: 'Empty: 0 bytes',
    unreadable: 'Cannot be opened: check its permissions',
    'unsupported-format': 'A picture format that Graft does not read',
    'too-large': 'Too large to decode safely',
    'too-small': 'Too small to see anything in it',
    'no-class': 'Has no class: put it into a class folder, or give it a label in the list',
    'too-deep': 'Lies too many folders deep',
    'left-in-archive': 'Stayed in the archive',
    'name-not-kept': 'Was not uploaded: not every system takes its name. Rename it, and upload the folder again',
    'name-taken':
      'Was not uploaded: another file has this name already, but for capitals or accents. Rename one of them',
    'too-large-to-upload': 'Was not uploaded: it is too large for a picture',
    'missing-file': 'Is in the list, but not there',
    outside: 'Leads out of the folder of the list: it was not looked at',
    'duplicate-row': 'Names a picture again that is used already',
    'conflicting-rows': 'Has two labels or parts in the list: keep one',
    'duplicate-name': 'Has the same name as another file of its class',
  },
  warnings: {
    'one-class': (facts: Facts) =>
      `Only one class was found${named(facts)}. A model needs two to tell apart: add another folder beside it.`,
    'empty-class': (facts: Facts) => `${quoted(facts)} has no usable pictures. Add some, or remove the class.`,
    'class-too-small': (facts: Facts) =>
      `${quoted(facts)} has ${pictures(Number(facts['numImages'] ?? 1))} and needs at least ${format.integer(Number(facts['minImages'] ?? 2))}. Add more, or remove the folder.`,
    'no-images': () =>
      'No usable pictures were found. Check that the folder holds JPEG, PNG, WebP, GIF, TIFF or AVIF files in folders, one for each class.',
    'class-missing-in-split': (facts: Facts) =>
      `${quoted(facts)} has no pictures in ${String(facts['split'] ?? 'one part')}. Its accuracy there cannot be measured: add some to that folder.`,
    imbalanced: (facts: Facts) =>
      `${quoted(facts, 'largest')} has many times more pictures than ${quoted(facts, 'smallest')}. Accuracy alone can flatter the model: balance the class weights, or add pictures.`,
    'few-images': (facts: Facts) =>
      `${quoted(facts)} has only ${pictures(Number(facts['numImages'] ?? 1))} to train on${Number(facts['numClasses'] ?? 1) > 1 ? `, and ${format.integer(Number(facts['numClasses']) - 1)} more ${format.plural(Number(facts['numClasses']) - 1, { one: 'class has', other: 'classes have' })} hardly any` : ''}. A model learns little from so few: add some, or remove the class.`,
    leak: (facts: Facts) =>
      `${pictures(Number(facts['numImages'] ?? 2))} ${format.plural(Number(facts['numImages'] ?? 2), { one: 'is', other: 'are' })} in train and, as a copy, in validation or test. What was learned by heart is then measured, and the accuracy looks better than it is.`,
    'two-classes': (facts: Facts) =>
      `${pictures(Number(facts['numImages'] ?? 2))} ${format.plural(Number(facts['numImages'] ?? 2), { one: 'is', other: 'are' })} in two classes. A model cannot learn both answers: decide for one, or take them out.`,
    duplicates: (facts: Facts) =>
      `${pictures(Number(facts['numImages'] ?? 1))} ${format.plural(Number(facts['numImages'] ?? 1), { one: 'is an exact copy', other: 'are exact copies' })} of others. They count twice and teach nothing new.`,
  },
  showWarnings: (n: number) => `${format.integer(n)} ${format.plural(n, { one: 'thing', other: 'things' })} to know`,
  grid: (n: number) => `${pictures(n)}. Arrow keys move, Enter opens, Space selects.`,
  noneInClass: 'No pictures in this class.',
  noneYet: 'No pictures yet. Take some with the webcam, or drop them onto a class above.',
  add: {
    label: 'Add to this data set',
    pictures: 'Add pictures',
    newClass: 'New class',
    className: 'Name of the new class',
    badName: 'A name of a class has no slash in it.',
    addClass: 'Add class',
    cancel: 'Cancel',
    which: (n: number) => `Which class ${format.plural(n, { one: 'is', other: 'are' })} ${pictures(n)} of?`,
    adding: 'Adding the pictures',
    added: (n: number, name: string) => `${pictures(n)} added to “${name}”.`,
    undo: 'Undo',
    refused: (n: number) => `${files(n)} ${format.plural(n, { one: 'was', other: 'were' })} not added`,
    refusedOne: (name: string, reason: string) => `${name}: ${reason}`,
    more: (n: number) => `and ${format.integer(n)} more`,
  },
  webcam: {
    open: 'Webcam',
    openWaiting: (n: number) => `Webcam: ${pictures(n)} waiting`,
    title: 'Pictures from the webcam',
    preview: 'What the camera sees',
    starting: 'Starting the camera',
    camera: 'Camera',
    cameraNumber: (n: number) => `Camera ${format.integer(n)}`,
    target: 'Class',
    mirror: 'Mirror',
    mirrorHint: 'Preview and saved pictures alike, as you see them.',
    hold: 'Hold to record',
    holdHint: 'Or hold the space bar: about 8 pictures a second.',
    recording: 'Recording',
    one: 'Take one',
    shots: (n: number) => `${pictures(n)} of this capture`,
    noShots: 'Your pictures appear here. Nothing is added before you say so.',
    full: (n: number) => `That is ${pictures(n)}: add them, then take more.`,
    remove: (n: number) => `Delete picture ${format.integer(n)}`,
    clear: 'Delete all',
    add: (n: number, name: string) => `Add ${pictures(n)} to ${name}`,
    close: 'Close',
    tryAgain: 'Try again',
    problems: {
      'no-camera': 'No camera was found. Connect one, then try again.',
      denied: 'The camera is not allowed here. Allow it in the settings of the browser or the system, then try again.',
      busy: 'The camera cannot be read: another program may be using it. Close that, then try again.',
      insecure:
        'A browser gives the camera only to a page of this computer or over https. Open Graft so, then try again.',
      lost: 'The camera is gone. Connect it again, then try again.',
    },
  },
  inspector: {
    title: 'Picture',
    file: 'File',
    class: 'Class',
    split: 'Part',
    verdict: 'Verdict',
    used: 'Used',
    previous: 'Previous',
    next: 'Next',
    close: 'Close',
  },
  edits: {
    history: 'Changes',
    relabel: 'Class of this picture (keys 1 to 9)',
    move: 'Part of this picture',
    exclude: 'Take out',
    include: 'Take back in',
    excluded: 'Taken out',
    takenOut: 'Taken out by you. The file is where it was.',
    nothing: 'Nothing to undo or do again',
    undo: (what: string) => `Undo: ${what}`,
    redo: (what: string) => `Do again: ${what}`,
    what: ({ kind, numImages, target }: EditSummary): string => {
      switch (kind) {
        case 'relabel':
          return `${pictures(numImages)} into “${target}”`;
        case 'add-images':
          return `add ${pictures(numImages)} to “${target}”`;
        case 'relabel-each':
          return `${pictures(numImages)} into other classes`;
        case 'move':
          return `move ${pictures(numImages)} to ${target}`;
        case 'exclude':
          return `take out ${pictures(numImages)}`;
        case 'include':
          return `take back in ${pictures(numImages)}`;
        case 'add-class':
          return `new class “${target}”`;
        case 'rename-class':
          return `rename a class to “${target}”`;
        case 'remove-class':
          return `remove the class “${target}”`;
        case 'split':
          return 'draw the split anew';
      }
    },
  },
  write: {
    start: 'Write as folders',
    hint: 'Copies what is used, with your changes, into train, validation and test, one folder for each class.',
    running: 'Copying the pictures',
    titleFolder: 'Written as folders',
    titleArchive: 'Its download has begun',
    what: (numImages: number, numClasses: number, size: string) =>
      `${pictures(numImages)} in ${format.integer(numClasses)} ${format.plural(numClasses, { one: 'class', other: 'classes' })}, ${size}.`,
    renamedClass: (name: string, folder: string) =>
      `“${name}” lies in “${folder}”: not every system takes its own name.`,
    renamedFiles: (n: number) =>
      `${files(n)} got another name, since ${format.plural(n, { one: 'its own was', other: 'their own were' })} taken or not possible everywhere.`,
    again: 'Download again',
    reveal: 'Show in its folder',
    close: 'Close',
  },
  charts: {
    charts: 'Charts',
    classes: 'Pictures in each class',
    classInParts: (name: string, n: number, parts: string) => `${name}: ${pictures(n)}; ${parts}`,
    sizes: 'Sizes of the pictures, in pixels',
    sizesLabel: (n: number) => `Plot of ${format.integer(n)} ${format.plural(n, { one: 'size', other: 'sizes' })}`,
    sizesToCome: 'Sizes show once the pictures have been looked at.',
    sizesHint: 'The larger a mark, the more pictures. On the dashed line they are square. Press a mark to see them.',
    sizesUnknown: (n: number) =>
      `${pictures(n)} ${format.plural(n, { one: 'is', other: 'are' })} still to be looked at.`,
    commonSizes: 'The most common sizes',
    ofSize: (size: string, n: number) => `${size}: ${pictures(n)}`,
    range: (from: string, to: string) => `${from} to ${to}`,
    anySize: 'Pictures of any size again',
    width: 'width',
    height: 'height',
  },
  map: {
    view: 'How the pictures are shown',
    grid: 'Grid',
    map: 'Map',
    lead: 'Pictures that look alike to a backbone lie together: clusters, strays and labels that do not fit show.',
    cost: (n: number, seconds: string | null) =>
      `Computes the features of ${pictures(n)}${seconds === null ? '' : `, about ${seconds}`}. What a training computed already is only read.`,
    draw: 'Draw the map',
    drawing: 'Drawing the map…',
    again: 'Draw it again',
    changed: 'Pictures changed since the map was drawn. Draw it again to see them.',
    sample: (shown: string, all: string) => `${shown} of ${all} pictures, drawn by lot.`,
    hint: 'Drag a box to select, Shift and drag to move. Click the map, then the wheel or + and − zoom.',
    summary: (n: number, classes: string, suspects: number) =>
      `Map of ${pictures(n)}: ${classes}. ${format.integer(suspects)} label ${format.plural(suspects, { one: 'suspect', other: 'suspects' })}. Arrow keys move, Enter opens, Space selects, plus and minus zoom.`,
    classCount: (name: string, n: number) => `${name} ${format.integer(n)}`,
    suspect: 'label suspect',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Show all',
    legend: 'Classes on the map',
    selection: 'Selected pictures',
    selected: (n: number) => `${pictures(n)} selected`,
    relabel: 'Class of the selected pictures',
    relabelTo: 'Move into…',
    exclude: 'Take out',
    clear: 'Clear',
    suspects: {
      title: 'Label suspects',
      none: 'No label suspects: every picture has neighbours of its own class.',
      lead: 'Their nearest neighbours belong to another class. Look, and decide.',
      says: (className: string, suggested: string) => `Labelled “${className}”, looks like “${suggested}”`,
      neighbours: (own: number, all: number) => `${format.integer(own)} of ${format.integer(all)} neighbours`,
      relabel: (suggested: string) => `Move into “${suggested}”`,
      right: 'It is right',
      rightOf: (path: string) => `It is right: ${path}`,
      relabelOf: (path: string, suggested: string) => `Move ${path} into “${suggested}”`,
      open: (path: string) => `Open ${path}`,
      all: (n: number) => `Move all ${format.integer(n)}`,
      more: 'Show more',
    },
    similar: (n: number) =>
      `${format.integer(n)} ${format.plural(n, { one: 'pair shows', other: 'pairs show' })} the same thing`,
    selectSimilar: 'Select one of each',
  },
  next: 'Choose a model',
  drop: {
    nothing: 'There was no file in that drop. Drop a folder of pictures.',
    noFiles: 'That folder is empty. Drop a folder with one folder of pictures for each class.',
    oneFolder: 'Drop one folder that holds a folder for each class.',
    several: 'Dropped folders',
    listAlone: 'Drop the folder that holds the list and its pictures.',
    failed: (name: string, why: string) => `${name}: ${why}`,
  },
};

type Facts = Readonly<Record<string, string | number>>;
const quoted = (facts: Facts, key = 'className'): string => `“${String(facts[key] ?? facts['className'] ?? '?')}”`;
const named = (facts: Facts): string => (facts['className'] === undefined ? '' : `, ${quoted(facts)}`);
