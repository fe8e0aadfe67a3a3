import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import type { ExportUsage } from '../../contract/model.ts';
import { addedPrefix } from '../../contract/dataset.ts';
import { strengthOf } from '../engine/augment-views.ts';
import { lowerToKeras } from '../lowering/keras/lower.ts';
import { writeKeras } from '../lowering/keras/write-keras.ts';
import { kerasApplication } from '../lowering/script/applications.ts';
import { csvPieces } from '../lowering/script/csv-pieces.ts';
import { scriptPhases, type ScriptFacts } from '../lowering/script/script-facts.ts';
import { trainScript } from '../lowering/script/train-script.ts';
import { encodePng } from '../native/image.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { ExportContext, ExportedRun, Format } from './format.ts';

/** Folder beside the script with pictures that were added in Graft and lie in no folder of the user's; see `addedFolderOf`. */
const ADDED_FOLDER = 'added';

/** The backbone before training, where Keras does not have it. */
const BACKBONE_FILE = 'backbone.keras';

/** The run as a Keras script: `train.py`, and `splits.csv` with the pictures of each split. It holds no model. */
export const scriptFormat = {
  id: 'script',
  takes: [],
  async write(context, folder) {
    const facts = scriptFacts(context);
    const backbone = 'file' in facts.source ? [await writeBackbone(context, folder, facts.source.file)] : [];
    await writeFileAtomic(path.join(folder, 'train.py'), trainScript(facts));
    const { places, files } = await writeAdded(context, folder, facts.addedFolder);
    const rows = context.run.images.map(({ path: file, className, split }) => [
      places.get(file) ?? file,
      className,
      split,
    ]);
    await writeFileAtomic(path.join(folder, 'splits.csv'), csvPieces([['path', 'class', 'split'], ...rows]));
    return ['train.py', 'splits.csv', ...backbone, ...files];
  },
  predict: null,
  usage: (): ExportUsage => ({
    language: 'shell',
    install: 'pip install keras tensorflow pillow',
    code: 'python train.py DATA  # DATA: the folder of the data set',
  }),
} satisfies Format;

function scriptFacts({ run, classNames, inputSize, provenance }: ExportContext): ScriptFacts {
  if (run.missingParentRunId !== null) throw new GraftError('run-not-found', { runId: run.missingParentRunId });
  const recipe = run.recipes.at(-1)!;
  const source = kerasApplication(run.backbone.id) ?? { file: BACKBONE_FILE };
  return {
    graftVersion: provenance.graftVersion,
    backbone: {
      name: provenance.backboneName,
      licence: provenance.backboneLicence,
      paper: provenance.backbonePaper,
      officialFile: run.backbone.weights.official?.file ?? null,
      importedWeights: run.importedWeights,
    },
    source,
    inputSize,
    classNames,
    recipe,
    phases: scriptPhases(run.recipes),
    // With one view of each picture that view is the picture itself.
    augmentation: recipe.augmentation.numViews > 1 ? strengthOf(recipe) : null,
    validation: run.result?.validation ?? null,
    test: run.result?.test ?? null,
    hasTest: run.images.some(({ split }) => split === 'test'),
    addedFolder: addedFolderOf(run),
  };
}

/** Writes preprocessing and backbone for `keras.models.load_model`. @throws layer-not-supported */
async function writeBackbone({ run, provenance }: ExportContext, folder: string, name: string): Promise<string> {
  const model = await run.loadPretrained();
  try {
    const lowered = lowerToKeras(model, 'keras3', 'backbone');
    const { backboneName, backboneLicence, backbonePaper, weightsOrigin } = provenance;
    const about = { backboneName, backboneLicence, backbonePaper, weightsOrigin };
    await writeKeras(lowered, path.join(folder, name), 'float32', run.madeOn, about);
  } finally {
    model.dispose();
  }
  return name;
}

const isAddedPicture = ({ path: file }: ExportedRun['images'][number]): boolean => file.startsWith(addedPrefix);

/** A name that begins no path of the data set, for the script tells by it where a picture lies; null where none was added. */
function addedFolderOf({ images }: ExportedRun): string | null {
  if (!images.some(isAddedPicture)) return null;
  for (let number = 1; ; number++) {
    const name = number === 1 ? ADDED_FOLDER : `${ADDED_FOLDER}-${number}`;
    if (!images.some(({ path: file }) => file.startsWith(`${name}/`))) return name;
  }
}

/** Writes added pictures as the model sees them, under numbers: neither their names nor what else their files tell go along. */
async function writeAdded({ run, inputSize }: ExportContext, folder: string, addedFolder: string | null) {
  const places = new Map<string, string>();
  for (const { path: file } of run.images.filter(isAddedPicture)) {
    const name = `${addedFolder}/${String(places.size + 1).padStart(5, '0')}.png`;
    const [height, width] = inputSize;
    await writeFileAtomic(path.join(folder, name), await encodePng(await run.decode(file), width, height));
    places.set(file, name);
  }
  return { places, files: [...places.values()] };
}
