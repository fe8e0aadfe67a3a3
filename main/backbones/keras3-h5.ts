import type { Hdf5File } from '../native/hdf5.ts';
import {
  fits,
  pairLayer,
  TensorMismatch,
  type ExpectedLayer,
  type StoredTensor,
  type TensorPlan,
} from './tensor-plan.ts';

/** Deeper nests than these are no models; they bound what a hostile file can make us do. */
const maxDepth = 12;
const maxGroups = 100_000;
/** Groups beside the layers: what an optimizer remembers is no weight. */
const otherGroups = new Set(['optimizer', 'vars', '_metrics', '_loss_tracker']);

/** A layer as the file has it: its place, the name that newer files say, and its tensors in Keras's order. */
interface Holder {
  path: string;
  /** Null in files of Keras before it said names. */
  name: string | null;
  tensors: StoredTensor[];
}

/**
 * The ways to read the layout of `.weights.h5` (also inside a `.keras` archive): each layer's tensors are `vars/0`, `vars/1`,
 * … in a group called by its class in snake case, numbered per class in the order of the model (`conv2d`, `conv2d_1`);
 * containers have `layers` (older: `_layer_checkpoint_dependencies`) of their own. Matched by the layer's name, which newer
 * files say; else per class in the order of the model.
 *
 * @returns null when the file has another layout
 */
export function keras3Plans(file: Hdf5File, expected: readonly ExpectedLayer[]): ((plan: TensorPlan) => void)[] | null {
  const holders = findHolders(file);
  if (holders.length === 0) return null;
  return [(plan) => byName(plan, expected, holders), (plan) => byClass(plan, expected, holders)];
}

function findHolders(file: Hdf5File): Holder[] {
  const holders: Holder[] = [];
  let numGroups = 0;
  const visit = (path: string, depth: number) => {
    if (depth > maxDepth || ++numGroups > maxGroups) throw new Error('too many groups, or groups too deep');
    const at = (name: string) => (path === '' ? name : `${path}/${name}`);
    const names = file.names(path);
    if (names.includes('vars') && file.isGroup(at('vars'))) {
      const numbers = file.names(at('vars')).filter((name) => /^\d{1,5}$/.test(name));
      const tensors = numbers
        .sort((a, b) => Number(a) - Number(b))
        .map((name) => {
          const place = `${at('vars')}/${name}`;
          return { name: place, path: place, shape: file.shape(place) };
        });
      if (tensors.length > 0) holders.push({ path, name: file.texts(at('vars'), 'name')?.[0] ?? null, tensors });
    }
    for (const name of names) if (!otherGroups.has(name) && file.isGroup(at(name))) visit(at(name), depth + 1);
  };
  visit('', 0);
  return holders;
}

function byName(plan: TensorPlan, expected: readonly ExpectedLayer[], holders: readonly Holder[]): void {
  const found = new Map<string, Holder | 'several'>();
  for (const holder of holders)
    if (holder.name !== null) found.set(holder.name, found.has(holder.name) ? 'several' : holder);
  for (const layer of expected) {
    const holder = found.get(layer.name);
    if (!holder || holder === 'several')
      throw new TensorMismatch(
        layer.name,
        `${layer.weights.length} tensors`,
        holder ? 'several layers of that name' : 'no such layer',
        true,
      );
    pairLayer(plan, layer, holder.tensors);
  }
}

/** Layers of one class that wait for their turn, and containers with layers of their own. */
interface Level {
  queues: Map<string, Holder[]>;
  containers: Map<string, Level[]>;
}

/** The next of its class; a container that has been begun is used up before what lies beside it. */
function byClass(plan: TensorPlan, expected: readonly ExpectedLayer[], holders: readonly Holder[]): void {
  const main = mainLevel(holders);
  let open: Level | null = null;
  for (const layer of expected) {
    if (open && numLeft(open) === 0) open = null;
    const queue: Holder[] = open ? queueFor(open, layer) : mainQueueFor(layer);
    const holder = queue.shift();
    if (!holder) throw new TensorMismatch(layer.name, `${layer.weights.length} tensors`, 'no such layer', true);
    pairLayer(plan, layer, holder.tensors);
  }

  function mainQueueFor(layer: ExpectedLayer): Holder[] {
    const own = main.queues.get(kerasClass(layer)) ?? [];
    if (takes(layer, own[0])) return own;
    for (const waiting of main.containers.values()) {
      while (waiting[0] && numLeft(waiting[0]) === 0) waiting.shift();
      const queue = waiting[0] && queueFor(waiting[0], layer);
      if (queue && takes(layer, queue[0])) {
        open = waiting[0]!;
        return queue;
      }
    }
    return queueFor(main, layer);
  }
}

/** The queue of the layer's class; where its next does not fit, one whose next does (a depthwise convolution may be a grouped one). */
function queueFor({ queues }: Level, layer: ExpectedLayer): Holder[] {
  const own = queues.get(kerasClass(layer)) ?? [];
  if (takes(layer, own[0])) return own;
  return [...queues.values()].find(([next]) => takes(layer, next)) ?? own;
}

function takes(layer: ExpectedLayer, holder: Holder | undefined): boolean {
  return (
    holder !== undefined &&
    holder.tensors.length === layer.weights.length &&
    layer.weights.every(({ shape }, index) => fits(shape, holder.tensors[index]!.shape))
  );
}

const numLeft = ({ queues }: Level): number => [...queues.values()].reduce((sum, queue) => sum + queue.length, 0);

/** The level with most layers: the model itself, or the backbone inside a model with a head. */
function mainLevel(holders: readonly Holder[]): Level {
  const byContainer = new Map<string, Holder[]>();
  for (const holder of holders) {
    const container = holder.path.slice(0, Math.max(0, holder.path.lastIndexOf('/')));
    byContainer.set(container, [...(byContainer.get(container) ?? []), holder]);
  }
  const [mainPath = ''] = [...byContainer].reduce((most, each) => (each[1].length > most[1].length ? each : most));
  const level: Level = { queues: queuesOf(byContainer.get(mainPath)!), containers: new Map() };
  const inside = [...byContainer].filter(([path]) => path !== mainPath && path.startsWith(`${mainPath}/`));
  const nameOf = (path: string) => path.slice(mainPath.length + 1).split('/')[0]!;
  for (const [path, group] of inside.sort(([a], [b]) => counterOf(nameOf(a)) - counterOf(nameOf(b)))) {
    const className = classOf(nameOf(path));
    level.containers.set(className, [
      ...(level.containers.get(className) ?? []),
      { queues: queuesOf(group), containers: new Map() },
    ]);
  }
  return level;
}

function queuesOf(holders: readonly Holder[]): Map<string, Holder[]> {
  const queues = new Map<string, Holder[]>();
  const lastPart = ({ path }: Holder) => path.slice(path.lastIndexOf('/') + 1);
  for (const holder of [...holders].sort((a, b) => counterOf(lastPart(a)) - counterOf(lastPart(b)))) {
    const className = classOf(lastPart(holder));
    queues.set(className, [...(queues.get(className) ?? []), holder]);
  }
  return queues;
}

/** `batch_normalization_10` is the eleventh `batch_normalization`. HDF5 lists it before the third. */
const counterOf = (name: string): number => Number(/_(\d+)$/.exec(name)?.[1] ?? 0);
const classOf = (name: string): string => name.replace(/_\d+$/, '');

/** `BatchNormalization` as Keras's `to_snake_case` writes it. */
function kerasClass({ className = '' }: ExpectedLayer): string {
  return className
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
