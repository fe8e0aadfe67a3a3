import { GraftError } from '../../contract/errors.ts';
import { convnext } from './convnext.ts';
import { densenet } from './densenet.ts';
import { efficientnetLite } from './efficientnet-lite.ts';
import { efficientnetV2 } from './efficientnet-v2.ts';
import { efficientnet } from './efficientnet.ts';
import { inceptionResnetV2 } from './inception-resnet-v2.ts';
import { inceptionV3 } from './inception-v3.ts';
import { mobilenetV2 } from './mobilenet-v2.ts';
import { mobilenetV3 } from './mobilenet-v3.ts';
import { mobilenet } from './mobilenet.ts';
import { nasnet } from './nasnet.ts';
import { resnetBasic } from './resnet-basic.ts';
import { resnet, resnetV2 } from './resnet.ts';
import type { BackboneSpec } from './spec.ts';
import { vgg } from './vgg.ts';
import { xception } from './xception.ts';

/** Every backbone Graft knows, the default one first. Facts only: TensorFlow.js is loaded by `build`, not by this list. */
export const backbones: readonly BackboneSpec[] = [
  ...efficientnetLite,
  ...mobilenet,
  ...mobilenetV2,
  ...mobilenetV3,
  ...efficientnet,
  ...efficientnetV2,
  ...convnext,
  xception,
  inceptionV3,
  inceptionResnetV2,
  ...nasnet,
  ...resnetBasic,
  ...resnet,
  ...resnetV2,
  ...densenet,
  ...vgg,
];

/** Finds a backbone by its id. @throws backbone-not-found, with ids that look alike */
export function findBackbone(id: string): BackboneSpec {
  const found = backbones.find((backbone) => backbone.id === id);
  if (found) return found;
  throw new GraftError('backbone-not-found', {
    backboneId: id,
    near: nearMatches(
      id,
      backbones.map((backbone) => backbone.id),
    ),
  });
}

/** Names that begin like `wanted` or differ from it in a third of its letters or fewer, nearest first, three at most. */
export function nearMatches(wanted: string, names: readonly string[]): string[] {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const target = plain(wanted);
  if (target === '') return [];
  return names
    .map((name) => {
      const candidate = plain(name);
      const begins = candidate.startsWith(target) || (target.startsWith(candidate) && candidate !== '');
      return { name, distance: begins ? 0 : editDistance(target, candidate) };
    })
    .filter(({ distance }) => distance <= Math.ceil(target.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
