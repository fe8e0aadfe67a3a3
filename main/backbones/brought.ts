import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PixelScaling } from '../../contract/backbone.ts';
import { addArchitecture, Architecture, canResize, placeLayers, type PlacedLayer } from './architecture.ts';
import { defineBackbone } from './layers.ts';
import type { BackboneSpec, Preprocessing } from './spec.ts';

/** What is kept of a model that somebody brought, cut where its classifier began; its weights lie where all weights lie. */
export const BroughtRecord = z.object({
  formatVersion: z.literal(1),
  id: z.string().regex(/^own-[a-z0-9-]{1,60}$/),
  name: z.string().min(1).max(80),
  /** Without its folder. */
  sourceFile: z.string(),
  sourceSha256: z.string(),
  cutAt: z.string(),
  pixels: PixelScaling,
  architecture: Architecture,
});
export type BroughtRecord = z.infer<typeof BroughtRecord>;

/** Smallest side for a model whose input size can change, unless its own is smaller. */
const minSide = 32;
const scalings: Record<PixelScaling, Preprocessing> = {
  '0..255': { description: '0..255', channelOrder: 'rgb', scale: 1, offset: 0 },
  '-1..1': { description: '-1..1', channelOrder: 'rgb', scale: 1 / 127.5, offset: -1 },
  '0..1': { description: '0..1', channelOrder: 'rgb', scale: 1 / 255, offset: 0 },
  imagenet: {
    description: '(x/255 - mean) / std',
    channelOrder: 'rgb',
    scale: [1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)],
    offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
  },
  caffe: { description: 'BGR - mean', channelOrder: 'bgr', scale: 1, offset: [-103.939, -116.779, -123.68] },
};

/** Where the record of a brought model lies. */
export const broughtFile = (home: string, id: string): string => path.join(home, 'models', `${id}.json`);

/** A brought model as a backbone like any other. @throws model-layer-refused when its record was changed */
export function broughtSpec(record: BroughtRecord): BackboneSpec {
  const { architecture } = record;
  const [height, width] = architecture.input.shape as [number, number, number];
  const layers = placeLayers(architecture);
  const isSizeFixed = !canResize(architecture);
  const stages = stagesOf(layers);
  return {
    ...defineBackbone({
      id: record.id,
      name: record.name,
      family: 'own',
      inputSize: [height, width],
      minInputSize: isSizeFixed ? Math.min(height, width) : Math.min(minSide, height, width),
      featureShape: layers.at(-1)!.shape as [number, number, number],
      preprocessing: scalings[record.pixels],
      numParameters: layers.flatMap(({ weights }) => weights).reduce((sum, { shape }) => sum + product(shape), 0),
      numLayers: layers.length + 1,
      imagenet: null,
      licence: '',
      paper: '',
      weights: { origin: record.sourceFile },
      addLayers: (tfjs, input) => addArchitecture(tfjs, architecture, input),
      blockOf: (layer) => stages.get(layer) ?? 'stage 1',
    }),
    isSizeFixed,
    featureShapeOf: (inputSize) => placeLayers(architecture, inputSize).at(-1)!.shape as [number, number, number],
  };
}

/** True for a backbone that somebody brought. */
export const isBrought = ({ family }: Pick<BackboneSpec, 'family'>): boolean => family === 'own';

/** Reads a brought model's record, again only when it has changed. @returns null when there is none that can be read */
export function readBrought(home: string, id: string): BackboneSpec | null {
  if (!/^own-[a-z0-9-]{1,60}$/.test(id)) return null;
  const file = broughtFile(home, id);
  const info = statSync(file, { throwIfNoEntry: false });
  if (!info?.isFile()) return null;
  const known = read.get(file);
  const version = `${info.mtimeMs} ${info.size}`;
  if (known?.version === version) return known.spec;
  try {
    const spec = broughtSpec(BroughtRecord.parse(JSON.parse(readFileSync(file, 'utf8'))));
    read.set(file, { version, spec });
    return spec;
  } catch {
    return null; // a damaged record counts as none, as a damaged record of weights does
  }
}
const read = new Map<string, { version: string; spec: BackboneSpec }>();

/** All models that were brought, by name. */
export function listBrought(home: string): BackboneSpec[] {
  let names: string[];
  try {
    names = readdirSync(path.join(home, 'models'));
  } catch {
    return []; // nobody has brought one yet
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => readBrought(home, name.slice(0, -'.json'.length)))
    .filter((spec) => spec !== null)
    .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** Stages as the maps shrink; a layer that only pads stays with what it reads. */
function stagesOf(layers: readonly PlacedLayer[]): Map<string, string> {
  const stages = new Map<string, string>();
  const sizes: string[] = [];
  for (const { name, type, shape, inputs } of layers) {
    const before = stages.get(inputs[0]!);
    if (type === 'ZeroPadding2D' && before !== undefined) stages.set(name, before);
    else {
      const size = shape.slice(0, 2).join();
      if (!sizes.includes(size)) sizes.push(size);
      stages.set(name, `stage ${sizes.indexOf(size) + 1}`);
    }
  }
  return stages;
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
