import { pyFloat } from './python.ts';

/** How `keras.applications` builds a backbone of the catalogue. */
export interface KerasApplication {
  /** As in `keras.applications.<constructor>`. */
  constructor: string;
  /** Its module, which has `preprocess_input`; null where preprocessing is inside the model. */
  module: string | null;
  /** Arguments beside shape, top and weights. */
  args: readonly string[];
  /** True for EfficientNet B0 to B7: Keras adds a second rescaling only for `weights="imagenet"`. */
  addsRescaling: boolean;
}

/** A family: the pattern of its ids, and what Keras calls the one that matches. */
type Family = [RegExp, (found: string[]) => Partial<KerasApplication> & Pick<KerasApplication, 'constructor'>];

const alphaOf = (text: string | undefined): string[] => [`alpha=${pyFloat(Number(text ?? 1))}`];
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const families: readonly Family[] = [
  [/^vgg(16|19)$/, ([, depth]) => ({ constructor: `VGG${depth}`, module: `vgg${depth}` })],
  [/^resnet(50|101|152)$/, ([, depth]) => ({ constructor: `ResNet${depth}`, module: 'resnet' })],
  [/^resnet(50|101|152)-v2$/, ([, depth]) => ({ constructor: `ResNet${depth}V2`, module: 'resnet_v2' })],
  [/^mobilenet-([\d.]+)$/, ([, alpha]) => ({ constructor: 'MobileNet', module: 'mobilenet', args: alphaOf(alpha) })],
  [
    /^mobilenet-v2-([\d.]+)$/,
    ([, alpha]) => ({ constructor: 'MobileNetV2', module: 'mobilenet_v2', args: alphaOf(alpha) }),
  ],
  [
    /^mobilenet-v3-(small|large)(?:-([\d.]+))?$/,
    ([, size, alpha]) => ({ constructor: `MobileNetV3${capital(size!)}`, args: alphaOf(alpha) }),
  ],
  [/^efficientnet-b(\d)$/, ([, number]) => ({ constructor: `EfficientNetB${number}`, addsRescaling: true })],
  [/^efficientnet-v2-(b\d|s|m|l)$/, ([, size]) => ({ constructor: `EfficientNetV2${size!.toUpperCase()}` })],
  [/^densenet(121|169|201)$/, ([, depth]) => ({ constructor: `DenseNet${depth}`, module: 'densenet' })],
  [/^inception-v3$/, () => ({ constructor: 'InceptionV3', module: 'inception_v3' })],
  [/^inception-resnet-v2$/, () => ({ constructor: 'InceptionResNetV2', module: 'inception_resnet_v2' })],
  [/^xception$/, () => ({ constructor: 'Xception', module: 'xception' })],
  [/^nasnet-(mobile|large)$/, ([, size]) => ({ constructor: `NASNet${capital(size!)}`, module: 'nasnet' })],
  [
    /^convnext-(tiny|small|base|large|xlarge)$/,
    ([, size]) => ({ constructor: `ConvNeXt${size === 'xlarge' ? 'XLarge' : capital(size!)}` }),
  ],
];

/** What builds a backbone in Keras; null for one that `keras.applications` does not have. */
export function kerasApplication(backboneId: string): KerasApplication | null {
  for (const [pattern, describe] of families) {
    const found = pattern.exec(backboneId);
    if (found) return { module: null, args: [], addsRescaling: false, ...describe([...found]) };
  }
  return null;
}
