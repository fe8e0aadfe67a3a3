import type { ErrorCode, ErrorParams, GraftError, LinkProblem } from '../../contract/errors.ts';
import { formatsFor } from '../format.ts';
import { labelProblems } from './label-problems.ts';

const format = formatsFor('en');
const quotedList = (items: readonly string[]): string => format.list(items.map((item) => `“${item}”`));
const pictures = (n: number): string =>
  `${format.integer(n)} ${format.plural(n, { one: 'picture', other: 'pictures' })}`;
const files = (n: number): string => `${format.integer(n)} ${format.plural(n, { one: 'file', other: 'files' })}`;

const refusals: Readonly<Record<ErrorParams<'archive-refused'>['problem'], (entry: string) => string>> = {
  outside: (entry) =>
    `“${entry}” in it would land outside the folder it is unpacked to. Do not trust this archive; get the data from its maker.`,
  'bad-name': (entry) =>
    `“${entry}” in it has a name made to mislead programs. Do not trust this archive; get the data from its maker.`,
  link: (entry) =>
    `“${entry}” in it is a link, and a link can lead out of its folder. Pack the pictures again as plain files.`,
  device: (entry) => `“${entry}” in it is neither file nor folder. Pack the pictures again as plain files.`,
  'too-many-files': () => 'it holds too many files. Split it into smaller archives.',
  'file-too-large': (entry) => `“${entry}” in it is too large for a picture. Take it out and pack the rest again.`,
  'too-large': () => 'unpacked, it is too large. Split it into smaller archives, or unpack it yourself.',
  'no-space': () => 'unpacked, it would leave too little space on the disk. Free some space and try again.',
  ratio: () =>
    'it unpacks to far more than pictures ever do, as archives made to fill a disk. Do not trust it; get the data from its maker.',
  overlap: () =>
    'files in it share the same bytes, as in archives made to fill a disk. Do not trust it; get the data from its maker.',
};
const damages: Readonly<Record<ErrorParams<'archive-damaged'>['problem'], string>> = {
  'not-an-archive': 'it is no ZIP, TAR or TAR.GZ, whatever its name says. Pack the pictures again as one of these',
  'not-readable': 'the system does not let Graft read it. Check its permissions and try again',
  'cut-off': 'its end is missing. Download or copy it again',
  corrupt: 'its content is damaged. Download or copy it again',
  sizes: 'files in it are not as large as it says. Download or copy it again',
  encrypted: 'it is locked with a password. Unpack it yourself and open the folder',
  method: 'it is packed in a way that Graft does not know. Pack the pictures again as an ordinary ZIP',
  split: 'it is one part of several. Join the parts, or pack the pictures again as one ZIP',
};
const linkRefusals: { [P in LinkProblem]: (url: string) => string } = {
  'not-a-link': (url) => `“${url}” is not a link. Give an address that begins with https://.`,
  'not-encrypted': (url) =>
    `${url} is not encrypted, and Graft follows https links only. Give the address with https://, or download the file yourself and open it.`,
  'unsafe-address': (url) =>
    `${url} leads to an address that is not public and encrypted, and a link may not. Download the file yourself and open it.`,
  'web-page': (url) =>
    `${url} gives a web page, and a file was expected. Give the link of the download itself, to a ZIP or TAR file.`,
  'not-found': (url) => `There is no file behind ${url}. Check that the link is whole, or ask who shared it.`,
  'no-permission': (url) =>
    `${url} is not open to everybody. Ask who shared it to allow “Anyone with the link”, or download it in your browser and open it.`,
  'quota-exceeded': (url) =>
    `${url} was downloaded so often that Google Drive gives it to nobody for now. Try again tomorrow, or copy it to a Drive of your own and give the link of the copy.`,
  infected: (url) => `Google Drive found a virus in ${url} and does not give it. Ask who shared it for another file.`,
  'drive-folder': (url) =>
    `${url} is a folder of Google Drive, and one file was expected. Put the pictures in a ZIP file, share it, and give its link.`,
  'drive-document': (url) =>
    `${url} is a document of Google, and a file was expected. Put the pictures in a ZIP file, share it, and give its link.`,
};
const withoutData: { [N in ErrorParams<'run-without-data'>['needs']]: string } = {
  pictures:
    'This run was made of a saved model and has no pictures of its own. Open a data set with its classes, or name one with --data.',
  training:
    'This run was made of a saved model: how that was trained, and on which pictures, nobody said. This format is about both. Choose another one.',
  'whole-training':
    'This run goes on from a saved model, or from a run on another data set, so that a script on its pictures would not be the whole training. Choose another format.',
};
const classNameProblems: { [P in ErrorParams<'class-names-refused'>['problem']]: (found: string) => string } = {
  'not-a-list': () =>
    'it is no list of class names. Write ["cat", "dog"], or one name a line, in the order of the model’s outputs.',
  'too-large': () => 'it is too large for a list of class names. Give the list alone.',
  name: (found) => `“${found}” cannot be a class: a name has 200 characters at most, and no slashes. Change it.`,
  twice: (found) => `“${found}” stands there twice. Give each class a name of its own.`,
};

/** What a person reads of each error: what happened, what was expected, what to do. */
export const errors: { [C in ErrorCode]: (facts: ErrorParams<C>) => string } = {
  'invalid-input': ({ field, problem }) =>
    `${field === '' ? 'The input' : `“${field}”`} is not as expected: ${problem}. Correct it and try again.`,
  'unknown-method': ({ method }) =>
    `This window asked for “${method}”, which this version of Graft does not know. Reload the window.`,
  internal: ({ id }) =>
    `Something in Graft broke that should not have. Try again; if it happens again, report it with the id ${id} from the log.`,
  'path-not-found': ({ path }) => `There is nothing at ${path}. Check the path and try again.`,
  'path-not-allowed': ({ path, roots }) =>
    roots.length === 0
      ? `${path} may not be read by Graft. Check its permissions and try again.`
      : `${path} lies outside the folders that Graft may open here: ${format.list(roots)}. Move it there, or start Graft with --root for its folder.`,
  'not-a-folder': ({ path }) =>
    `${path} is a file, and a folder of pictures was expected. Open the folder that holds a folder for each class.`,
  'data-kind-not-supported': ({ path }) =>
    `${path} cannot be read as a data set. Give a folder, a ZIP, TAR or TAR.GZ of one, or an https link to one.`,
  'dataset-not-found': () => 'This data set is not here any more. Open its folder again.',
  'class-not-found': ({ className }) => `There is no class “${className}”. It may have been renamed or removed.`,
  'nothing-selected': () => 'No picture was chosen. Select at least one.',
  'dataset-not-ready': ({ name }) =>
    `${name} is not ready yet. Wait until all its files have been looked at, and try again.`,
  'dataset-changed': ({ name, numFiles, files: changed }) =>
    `${files(numFiles)} of ${name} changed since it was read${changed.length === 0 ? '' : `: ${format.list(numFiles > changed.length ? [...changed, format.integer(numFiles - changed.length) + ' more'] : changed)}`}. Nothing was begun. Press “Read it again” on the Data screen, or put them back, then try again.`,
  'no-images': ({ path, numSkipped }) =>
    `No pictures were found in ${path}${numSkipped === 0 ? '' : `, only ${files(numSkipped)} of other kinds`}. Graft reads JPEG, PNG, WebP, GIF, TIFF and AVIF in folders, one for each class.`,
  'no-usable-images': ({ path, numSkipped, reasons }) =>
    `None of the ${files(numSkipped)} in ${path} could be used: ${reasons}. Replace them with whole pictures and open the folder again.`,
  'one-class': ({ className }) =>
    `Only one class was found, “${className}”, and a model needs two to tell apart. Add another folder beside it.`,
  'class-too-small': ({ className, numImages, minImages }) =>
    `“${className}” has ${pictures(numImages)} and needs at least ${format.integer(minImages)}. Add ${format.integer(Math.max(1, minImages - numImages))} more, or remove the class.`,
  'empty-class': ({ className }) => `“${className}” has no usable pictures. Add some, or remove the folder.`,
  'split-without-train': ({ path }) =>
    `${path} has validation or test folders but no train folder. Add train with a folder for each class.`,
  'class-missing-in-train': ({ className }) =>
    `“${className}” is in validation or test but not in train, so it can never be learned. Add its pictures to train.`,
  'split-given': ({ name }) =>
    `${name} brings its own parts, so the fractions for validation and test do not apply. Leave them out.`,
  'fractions-too-large': ({ validationFraction, testFraction }) =>
    `Validation (${format.percent(validationFraction, 0)}) and test (${format.percent(testFraction, 0)}) leave too little to train on. Together they must stay below 95 %.`,
  'no-split': ({ split, name }) =>
    `${name} has no ${split} pictures. Choose another part, or open a data set that has it.`,
  'classes-differ': ({ expected, found }) =>
    `The classes are not those of the run: it knows ${quotedList(expected)}, and ${found.length === 0 ? 'none' : quotedList(found)} was found. Use a data set with the same class folders.`,
  'backbone-not-found': ({ backboneId, near }) =>
    `There is no backbone “${backboneId}”. ${near.length === 0 ? 'List them with graft backbones.' : `Did you mean ${near.join(' or ')}?`}`,
  'backbone-not-brought': ({ backboneId }) =>
    `${backboneId} belongs to Graft’s catalogue and stays in it. Only models that you brought can be removed.`,
  'backbone-in-use': ({ backboneId, runs }) =>
    `${backboneId} is needed by ${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}. Remove ${runs.length === 1 ? 'it' : 'them'} first, or keep the model.`,
  'input-size-too-small': ({ backboneId, inputSize, minInputSize }) =>
    `${backboneId} cannot see pictures of ${inputSize} pixels; it needs at least ${minInputSize}. Choose a larger input size.`,
  'weights-missing': ({ backboneId, officialFile, officialUrl }) =>
    `The weights of ${backboneId} are not on this computer. Download ${officialFile} from ${officialUrl} and import it.`,
  'weights-not-readable': ({ path, problem }) =>
    `${path} cannot be read as weights: ${problem}. Download the file again and import it.`,
  'weights-mismatch': ({ path, layer, expected, found }) =>
    `${path} does not fit this backbone: layer “${layer}” should be ${expected} and is ${found}. Choose the file made for this backbone.`,
  'weights-damaged': ({ backboneId, expected, found }) =>
    `The weights of ${backboneId} are damaged: their checksum should begin with ${expected.slice(0, 12)} and begins with ${found.slice(0, 12)}. Import the file again.`,
  'weights-no-address': ({ backboneId }) =>
    `There is no public address for the weights of ${backboneId}. Import a file instead.`,
  'download-failed': ({ url, problem }) =>
    `${url} could not be downloaded: ${problem}. Check the connection and try again: it goes on where it stopped.`,
  'download-too-large': ({ url, maxBytes }) =>
    `${url} is larger than ${format.bytes(maxBytes)}, the most that Graft downloads. Give a smaller file, or download it yourself and open it.`,
  'link-refused': ({ url, problem }) => linkRefusals[problem](url),
  'labels-not-readable': ({ file, line, unit, problem, found }) =>
    `${file}${line === 0 ? '' : `, ${unit} ${format.integer(line)}`}: ${labelProblems[problem](found)}`,
  'checksum-differs': ({ file, expected, found }) =>
    `${file} is not what it should be: its checksum is ${found} and should be ${expected}. Try again; if it happens twice, the address gives another file.`,
  'layer-not-found': ({ layer, backboneId, near }) =>
    `${backboneId} has no layer “${layer}”.${near.length > 0 ? ` Did you mean ${near.join(', ')}?` : ' The layer list shows them all.'}`,
  'model-not-readable': ({ path, problem }) =>
    `${path} cannot be read as a model: ${problem}. Save the whole model as .keras or .h5, or export it for TensorFlow.js, and try again.`,
  'model-layer-refused': ({ layer, type }) =>
    `Layer “${layer}” (${type}) is not one that Graft takes from a file. Save the model without it and try again.`,
  'model-not-classifier': ({ path, layer, type }) =>
    `${path} ends in “${layer}” (${type}), which gives no probabilities of classes. A whole model must end in softmax, or in one sigmoid unit; of this one, make a backbone with graft bring.`,
  'class-names-refused': ({ file, problem, found }) => `${file}: ${classNameProblems[problem](found)}`,
  'class-names-count': ({ file, numClasses, numNames }) =>
    `The model tells ${format.integer(numClasses)} classes apart, and ${file} names ${format.integer(numNames)}. Give a list with a name for each, in the order of the model’s outputs.`,
  'input-size-fixed': ({ backboneId, height, width }) =>
    `${backboneId} takes pictures of ${format.integer(width)} × ${format.integer(height)} pixels only. Choose that size.`,
  'nothing-to-train': ({ backboneId }) =>
    `None of the chosen layers of ${backboneId} has weights. Unfreeze a layer that has some.`,
  'run-without-data': ({ needs }) => withoutData[needs],
  'run-already-finished': () =>
    'This run has finished; there is nothing to go on with. Fine-tune it, or train a new one.',
  'layer-not-supported': ({ layer, type, target }) =>
    `Layer “${layer}” (${type}) cannot be written as ${target}. Choose another format.`,
  'recipe-not-readable': ({ path, problem }) =>
    `${path} is not a recipe: ${problem}. Take recipe.json of a run as an example.`,
  'option-not-in-format': ({ format, option }) =>
    `The format ${format} cannot do “${option}”. Export without it, or choose another format.`,
  'not-yet': ({ feature }) => `“${feature}” comes in a later version of Graft. Everything else works without it.`,
  'run-not-found': ({ runId }) => `There is no run ${runId}. List the runs and choose one of them.`,
  'run-not-finished': ({ phase }) =>
    `This needs a finished run, and this one is ${phase}. Wait until it has finished, or choose another.`,
  'run-busy': () =>
    'This run is training right now, or one that goes on from it is. Stop it first, or wait until it has finished.',
  'run-in-use': ({ runs }) =>
    `Run ${format.list(runs.map(String))} was interrupted and goes on from this one. Remove that first, or resume it to its end.`,
  'run-damaged': ({ runId, file }) =>
    `${file} of run ${runId} is damaged and cannot be read. Remove the run and train it again from its recipe.`,
  'image-not-found': () => 'This picture is not here any more. It was moved or removed; open its folder again.',
  'image-not-readable': ({ name, reason }) => `${name} cannot be read: ${reason}. Save it again as JPEG or PNG.`,
  'no-pictures': ({ path }) => `There are no pictures in ${path}. Choose JPEG, PNG, WebP, GIF, TIFF or AVIF files.`,
  'out-not-empty': ({ path }) => `${path} is not empty, and Graft overwrites nothing. Choose a new or an empty folder.`,
  'out-in-dataset': ({ path, folder }) =>
    `${path} lies in ${folder}, where the pictures are read from, and Graft changes nothing there. Choose a folder elsewhere.`,
  'export-differs': ({ maxAbsoluteDifference, numChangedLabels }) =>
    `The exported model does not answer as the app does: ${format.integer(numChangedLabels)} ${format.plural(numChangedLabels, { one: 'answer', other: 'answers' })} changed, the largest difference is ${format.small(maxAbsoluteDifference)}. It was not kept; please report this.`,
  'export-too-large': ({ format: name, sizeBytes, maxBytes }) =>
    `As ${name} the model would have ${format.bytes(sizeBytes)}; one file of that format can have ${format.bytes(maxBytes)}. Store its weights as float16, or choose another format.`,
  'export-not-found': () => 'This export is not here any more. Export the model again.',
  'job-stopped': () => 'It was stopped; nothing of it is kept.',
  'worker-died': ({ what, signal }) =>
    `The process for ${what} ended unexpectedly (${signal}). Often memory ran out: close other programs, choose a smaller batch, and start again.`,
  'worker-not-answering': ({ what }) => `The process for ${what} stopped answering and was ended. Start it again.`,
  'tensorflow-missing': ({ problem }) =>
    `TensorFlow could not be loaded: ${problem}. Run npm start once with a network, so that it can be set up.`,
  'frozen-weights-changed': ({ layer }) =>
    `The frozen layer “${layer}” changed while training, which must never happen. The run was discarded; please report this.`,
  'training-diverged': ({ epoch, learningRate }) =>
    `The loss became infinite in epoch ${format.integer(epoch)}: the learning rate ${learningRate} is too high. Try a tenth of it.`,
  'disk-full': ({ path }) => `The disk is full; writing to ${path} failed. Free some space and try again.`,
  'cannot-write': ({ path, problem }) =>
    `${path} cannot be written: ${problem}. Check its permissions, or choose another folder.`,
  'archive-refused': ({ path, entry, problem }) => `${path} was not unpacked: ${refusals[problem](entry)}`,
  'archive-damaged': ({ path, problem }) => `${path} cannot be unpacked: ${damages[problem]}.`,
  'upload-incomplete': ({ name, numReceived, numExpected, isArchive }) =>
    isArchive === true
      ? `Only ${format.bytes(numReceived)} of ${format.bytes(numExpected)} of ${name} arrived. Choose the same file again to go on.`
      : `Only ${format.integer(numReceived)} of ${files(numExpected)} of ${name} arrived. Choose the same folder again to go on.`,
  'upload-too-large': ({ name, maxBytes }) =>
    `${name} is larger than ${format.bytes(maxBytes)}, the most that can be uploaded. Make it smaller, or open it by its path.`,
  'host-needs-protection': ({ host }) =>
    `Listening on ${host} would let others in without encryption. Give --tls-cert and --tls-key, or --i-know when the network is your own.`,
  'port-in-use': ({ port }) => `Port ${port} is taken by another program. Give another one with --port.`,
  'connection-lost': () =>
    'Graft’s backend does not answer. Check that it is still running; this window reconnects by itself.',
  'not-authorised': () =>
    'This window has no permission any more. Open the address that Graft printed when it started.',
  'too-many-attempts': ({ retryAfterS }) =>
    `Too many wrong attempts. Wait ${format.duration(retryAfterS * 1000)} and try again.`,
};

/** The sentence of one error. */
export function errorSentence(error: GraftError): string {
  return (errors[error.code] as (facts: unknown) => string)(error.params);
}
