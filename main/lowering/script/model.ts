import type { AugmentationStrength, Trainable } from '../../../contract/run.ts';
import { pyCall, pyFloat, pyString } from './python.ts';
import type { ScriptFacts } from './script-facts.ts';

/** Backbone, head and what may train of them. */
export function modelCode(facts: ScriptFacts): string[] {
  const patterns = facts.phases.map(({ trainable }) => trainable);
  return [
    ...(facts.augmentation ? [augmentation(facts.augmentation, facts.recipe.augmentation.numViews)] : []),
    buildModel(facts),
    ...(patterns.some((trainable) => trainable !== 'none') ? [unfreeze] : []),
  ];
}

/** Whether a pattern names the first layer that trains. */
export const isFrom = (trainable: Trainable): trainable is { from: string } =>
  typeof trainable === 'object' && 'from' in trainable;
/** Whether a pattern names the layers that train. */
export const isList = (trainable: Trainable): trainable is { layers: string[] } =>
  typeof trainable === 'object' && 'layers' in trainable;

function buildModel(facts: ScriptFacts): string {
  const { kind, denseUnits, dropout } = facts.recipe.head;
  const prepared = preprocessing(facts);
  const body = [
    ...backbone(facts),
    '    base.trainable = False',
    ...(dropsInside(facts)
      ? [
          '    for layer in base.layers:',
          '        if isinstance(layer, keras.layers.Dropout):',
          '            layer.rate = 0.0  # the backbone only looks at pictures, in training too',
        ]
      : []),
    '',
    '    pixels = keras.Input((HEIGHT, WIDTH, 3))',
    ...prepared.lines,
    '    # Inference mode: BatchNormalization computes with the statistics it came with.',
    `    x = base(${prepared.name}, training=False)`,
    kind === 'gap' ? '    x = keras.layers.GlobalAveragePooling2D()(x)' : '    x = keras.layers.Flatten()(x)',
    ...(denseUnits === null ? [] : [`    x = keras.layers.Dense(${denseUnits}, activation="relu")(x)`]),
    ...(dropout > 0 ? [`    x = keras.layers.Dropout(${pyFloat(dropout)})(x)`] : []),
    '    x = keras.layers.Dense(len(CLASS_NAMES), activation="softmax", name="predictions")(x)',
    '    return keras.Model(pixels, x), base',
  ];
  const hasWeights = !('file' in facts.source);
  return [
    `def build_model(${hasWeights ? 'weights' : ''}):`,
    '    """Puts a new head on the frozen backbone: RGB 0 to 255 in, probabilities out."""',
    ...body,
  ].join('\n');
}

function backbone({ source }: ScriptFacts): string[] {
  if ('file' in source)
    return [
      '    # Takes RGB 0 to 255: its own preprocessing is inside.',
      `    base = keras.models.load_model(HERE / ${pyString(source.file)}, compile=False)`,
    ];
  const args = ['input_shape=(HEIGHT, WIDTH, 3)', ...source.args, 'include_top=False', 'weights=weights'];
  return [pyCall('    base = ', `keras.applications.${source.constructor}`, args)];
}

/** Whether a backbone may have layers that drop values in training. */
const dropsInside = ({ source }: ScriptFacts): boolean =>
  'file' in source || source.constructor.startsWith('EfficientNet');

/** From pixels to what the backbone takes. @returns the lines, and the name that holds it then */
function preprocessing({ source, augmentation }: ScriptFacts): { lines: string[]; name: string } {
  const before = augmentation ? 'x' : 'pixels';
  const changed = augmentation ? ['    x = augmentation()(pixels)'] : [];
  if ('file' in source) return { lines: changed, name: before };
  if (source.module !== null) {
    const call = `    x = keras.applications.${source.module}.preprocess_input(${before})`;
    return { lines: [...changed, call], name: 'x' };
  }
  if (!source.addsRescaling)
    return { lines: [...changed, '    # The backbone begins with its own preprocessing.'], name: before };
  const lines = [
    ...(augmentation ? changed : ['    x = pixels']),
    '    # The backbone begins with its own preprocessing. Keras divides by the root of the deviation',
    '    # once more when it loads weights="imagenet" itself; for a file this layer does the same.',
    '    if weights != "imagenet":',
    '        mean = np.array([0.485, 0.456, 0.406])',
    '        root = np.sqrt([0.229, 0.224, 0.225])',
    '        scale, offset = 1 / root, 255 * mean * (1 - 1 / root)',
    '        x = keras.layers.Rescaling(scale.tolist(), offset.tolist())(x)',
  ];
  return { lines, name: 'x' };
}

const unfreeze = `def unfreeze(base, names):
    """Lets the named layers train, and no others. BatchNormalization keeps its statistics.

    fit() runs all layers in training mode, whatever base(x, training=False) says. So a
    BatchNormalization stays frozen as a layer, and only its scale and shift are let go.
    """
    base.trainable = True
    for layer in base.layers:
        layer.trainable = layer.name in names
        if layer.trainable and isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
            for weight in [layer.gamma, layer.beta]:
                if weight is not None:
                    weight.trainable = True`;

/** The layers of Keras that come nearest to how Graft changes pictures. */
function augmentation(strength: AugmentationStrength, numViews: number): string {
  const { flipHorizontal, flipVertical, rotate, zoom, shift, brightness, contrast, cutout } = strength;
  const flip = flipHorizontal && flipVertical ? 'horizontal_and_vertical' : flipVertical ? 'vertical' : 'horizontal';
  const layers = [
    ...(flipHorizontal || flipVertical ? [`RandomFlip("${flip}")`] : []),
    ...(rotate > 0 ? [`RandomRotation(${pyFloat(rotate)} / 360)`] : []),
    ...(zoom > 0 ? [`RandomZoom(${pyFloat(zoom)})`] : []),
    ...(shift > 0 ? [`RandomTranslation(${pyFloat(shift)}, ${pyFloat(shift)})`] : []),
    ...(contrast > 0 ? [`RandomContrast(${pyFloat(contrast)}, value_range=(0, 255))`] : []),
    ...(brightness > 0 ? [`RandomBrightness(${pyFloat(brightness)}, value_range=(0, 255))`] : []),
    ...(cutout > 0 ? [erasing(cutout)] : []),
  ];
  return [
    'def augmentation():',
    '    """Changes pictures at random, in training only.',
    '',
    `    Other than in Graft, which draws ${numViews} views of each picture once, one of them the picture`,
    '    itself, these layers draw anew every time. Contrast is changed around the mean of the',
    '    picture, in Graft around mid-grey; what is erased has the share of each side and lies whole',
    '    inside, in Graft it is a square that may reach over the edge.',
    '    """',
    '    return keras.Sequential(',
    '        [',
    ...layers.map((layer) => `            keras.layers.${layer},`),
    '        ],',
    '        name="augmentation",',
    '    )',
  ].join('\n');
}

function erasing(cutout: number): string {
  const side = pyFloat(cutout);
  return `RandomErasing((1.0, 1.0), scale=(${side}, ${side}), fill_value=127.0)`;
}
