import path from 'node:path';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ModelCard } from './card-facts.ts';
import { certificateWords, freezingWords, headWords, percent, recipeWords, shareWords, whole } from './card-words.ts';
import { curvesSvg } from './curves-svg.ts';
import { codeBlock, plainText, table } from './markdown.ts';

/**
 * Writes the card of an export beside the model: `README.md` for people, `card.json` for programs, `curves.svg`.
 *
 * @returns the names of the files written.
 * @throws GraftError disk-full, cannot-write
 */
export async function writeModelCard(card: ModelCard, folder: string): Promise<string[]> {
  const files = {
    'README.md': cardMarkdown(card),
    'card.json': `${JSON.stringify(card, null, 2)}\n`,
    ...(card.epochs.length > 1 && { 'curves.svg': curvesSvg(card.epochs) }),
  };
  for (const [name, text] of Object.entries(files)) await writeFileAtomic(path.join(folder, name), text);
  return Object.keys(files);
}

/** A card as Markdown. Names of classes and of models that somebody brought are shown letter by letter. */
export function cardMarkdown(card: ModelCard): string {
  return `${[...opening(card), ...use(card), ...model(card), ...training(card), ...results(card), ...limits(card)].join('\n\n')}\n`;
}

const purposes: { readonly [F in ModelCard['export']['format']]: string } = {
  keras: 'Image classifier for Keras 3',
  h5: 'Image classifier for Keras and TensorFlow (.h5)',
  tfjs: 'Image classifier for TensorFlow.js',
  onnx: 'Image classifier in ONNX',
  savedmodel: 'Image classifier as a TensorFlow SavedModel',
  script: 'Image classifier: the training as a Keras script',
  features: 'Image classifier: features and predictions of its data',
};

function opening(card: ModelCard): string[] {
  const { classes, backbone, evaluation, certificate, madeWith, isImported } = card;
  const { format, options } = card.export;
  const origin = isImported
    ? `a model that was opened in Graft ${madeWith.version} and written again`
    : `a new head on ${plainText(backbone.name)}, trained with Graft ${madeWith.version}`;
  const judged = evaluation.test ?? evaluation.validation;
  return [
    `# ${purposes[format]}`,
    `It tells ${whole(classes.length)} classes of pictures apart: ${origin}.` +
      (judged === null ? '' : ` ${evaluation.test ? 'Test' : 'Validation'} accuracy: ${shareWords(judged)}.`),
    ...(options.precision === 'float16' ? ['Weights are stored as float16.'] : []),
    ...(certificate === null
      ? []
      : [
          `**Certificate.** These files were loaded again by a fresh process and asked about pictures from their files: ${certificateWords(certificate)} (${certificate.largestAllowed} is allowed). The numbers are in \`parity.json\`.`,
        ]),
  ];
}

function use({ export: { format }, usage, input, output }: ModelCard): string[] {
  const [height, width] = input.size;
  const holdsModel = format !== 'script' && format !== 'features';
  const fences = { python: 'python', javascript: 'js', shell: 'sh' } as const;
  return [
    '## How to use it',
    codeBlock('sh', usage.install),
    codeBlock(fences[usage.language], usage.code),
    ...(format === 'tfjs'
      ? [
          'Or open `index.html` from any static server (for example `python3 -m http.server` in this folder): drop a picture or use the webcam; nothing leaves the page. It resizes as Graft does, from the pixels that the browser decodes: a photograph’s probabilities differ from the app by less than 0.02, those of a PNG of the input size by less than 0.001.',
        ]
      : []),
    ...(holdsModel
      ? [
          `**Input.** RGB pixels 0 to 255, float32, \`[batch, ${height}, ${width}, 3]\`: ${input.resize}. Everything else is inside the model. Other decoders and resize filters give slightly other pixels, and so slightly other probabilities.`,
          `**Output.** ${whole(output.probabilities)} probabilities, in the order of \`labels.json\`.`,
        ]
      : []),
  ];
}

function model({ backbone, head, parameters, recipes, hasEarlierRun, isImported }: ModelCard): string[] {
  return [
    '## The model',
    table(
      ['', ''],
      [
        ['Backbone', `${plainText(backbone.name)}${backbone.paper === '' ? '' : `, ${backbone.paper}`}`],
        ['Its licence', backbone.licence === '' ? 'not known: somebody brought it' : plainText(backbone.licence)],
        ['Its weights', plainText(backbone.weights.origin)],
        ['SHA-256 of them', `\`${backbone.weights.sha256}\``],
        ['Head', headWords(head)],
        ...(isImported
          ? [['Parameters', `${whole(parameters.head + parameters.frozen)} (${whole(parameters.head)} in the head)`]]
          : [
              ['Frozen', freezingWords(recipes, hasEarlierRun)],
              [
                'Parameters',
                `${whole(parameters.trainable)} trained (${whole(parameters.head)} in the head), ${whole(parameters.frozen)} frozen`,
              ],
            ]),
      ],
    ),
  ];
}

function training({ classes, recipes, epochs, keptEpoch, trainedOn, isImported }: ModelCard): string[] {
  if (isImported)
    return [
      '## Data and training',
      `Classes: ${classes.map(({ name }) => plainText(name)).join(', ')}.`,
      'How it was trained, and on what, is not known: it was opened in Graft as a saved model.',
    ];
  const splits = ['train', 'validation', 'test'] as const;
  const total = splits.map((split) => classes.reduce((sum, counts) => sum + counts[split], 0));
  return [
    '## Data',
    table(
      ['Class', ...splits],
      [
        ...classes.map((counts) => [plainText(counts.name), ...splits.map((split) => whole(counts[split]))]),
        ['**together**', ...total.map(whole)],
      ],
      1,
    ),
    '## Training',
    `On ${trainedOn}. ${recipeWords(recipes.at(-1)!).join(' ')}${
      recipes.length === 1 ? '' : ` The recipes of the runs before are in \`card.json\`.`
    }`,
    ...(epochs.length > 1 ? ['![Loss and accuracy by epoch](curves.svg)'] : []),
    table(
      ['Phase', 'Epoch', 'Loss', 'Accuracy', 'Validation loss', 'Validation accuracy'],
      shownEpochs(epochs).map((epoch) => [
        epoch.phase,
        String(epoch.epoch),
        epoch.loss.toFixed(4),
        percent(epoch.accuracy),
        epoch.validationLoss.toFixed(4),
        percent(epoch.validationAccuracy),
      ]),
      1,
    ),
    `Kept: the weights of epoch ${keptEpoch}${epochs.length > MAX_EPOCHS ? '. Every epoch is in `card.json`' : ''}.`,
  ];
}

/** A table of more lines is read by nobody. */
const MAX_EPOCHS = 20;

/** All epochs of a short training; evenly chosen ones of a long one, the first and the last among them. */
function shownEpochs(epochs: ModelCard['epochs']): ModelCard['epochs'] {
  if (epochs.length <= MAX_EPOCHS) return epochs;
  const step = (epochs.length - 1) / (MAX_EPOCHS - 1);
  return Array.from({ length: MAX_EPOCHS }, (_, index) => epochs[Math.round(index * step)]!);
}

/** Wider, a confusion matrix is a list of its largest mistakes. */
const MAX_MATRIX = 12;

function results({ evaluation, classes, isImported }: ModelCard): string[] {
  if (isImported) return ['## Results', 'It was not measured here.'];
  const parts = [
    ['Test', evaluation.test],
    ['Validation', evaluation.validation],
  ] as const;
  const measured = parts.flatMap(([name, part]) => (part === null ? [] : [{ name, part }]));
  const names = classes.map(({ name }) => plainText(name));
  return [
    '## Results',
    measured.length === 0
      ? 'Nothing was measured: there were no pictures but those for training.'
      : table(
          ['Split', 'Accuracy'],
          measured.map(({ name, part }) => [name, shareWords(part)]),
        ),
    ...(measured[0] === undefined ? [] : confusion(measured[0].name, measured[0].part.confusion, names)),
  ];
}

function confusion(part: string, matrix: readonly (readonly number[])[], names: readonly string[]): string[] {
  if (names.length <= MAX_MATRIX) {
    const rows = matrix.map((row, index) => [`**${names[index]!}**`, ...row.map(whole)]);
    return [`${part}: true class in rows, answered class in columns.`, table(['', ...names], rows, 1)];
  }
  const mistakes = matrix
    .flatMap((row, truth) => row.map((count, answer) => ({ count, truth, answer })))
    .filter(({ count, truth, answer }) => count > 0 && truth !== answer)
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_MATRIX);
  return [
    `${part}: the most frequent mistakes; the whole confusion matrix is in \`card.json\`.`,
    table(
      ['True class', 'Answered class', 'Pictures'],
      mistakes.map(({ count, truth, answer }) => [names[truth]!, names[answer]!, whole(count)]),
      2,
    ),
  ];
}

function limits(card: ModelCard): string[] {
  return ['## Limits', card.limits.map((limit) => `- ${limit}`).join('\n')];
}
