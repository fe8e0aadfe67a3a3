/** Native libraries: they crash with the process they are in. */
const native = ['@julusian/jpeg-turbo', '@tensorflow/*', 'onnxruntime-node', 'sharp'];
/** What every folder with models in it may read and write files with; see the containers rule in eslint.config.js. */
const formats = ['@bufbuild/protobuf', 'h5wasm', 'yauzl', 'yazl', 'zod'];
const plainData = ['contract', 'main/dataset', 'main/store'];
const engine = ['main/native', 'main/backbones', 'main/lowering', 'main/engine', 'main/export'];
const shell = ['contract', 'strings', 'main/backend', 'main/store/paths.ts', 'main/store/write-atomic.ts'];
/** Arithmetic and facts without native code. */
const pureFiles = [
  'main/backbones/brought.ts',
  'main/backbones/catalogue.ts',
  'main/backbones/feature-shape.ts',
  'main/backbones/weight-source.ts',
  'main/backbones/weights.ts',
  'main/engine/cost.ts',
  'main/engine/frozen-batch.ts',
  'main/engine/head.ts',
  'main/engine/metrics.ts',
  'main/engine/run-model.ts',
  'main/export/finish-export.ts',
];
/** TensorFlow itself is reached through main/native; its types are everywhere a tensor is. */
const tensorTypes = ['@tensorflow/*'];

/**
 * Who may import what: the table of the style guide. The longest folder name that fits a file decides; what is not
 * named here is forbidden. A folder may always import from itself.
 *
 * - `folders`: folders or files that may be imported; `types`: those of which only types may be.
 * - `packages`: npm packages; `typePackages`: those of which only types may be.
 *   `node`: Node's own modules, those for HTTP only with `http`.
 */
export const zones = {
  contract: { packages: ['zod'] },
  strings: { types: ['contract'] },

  'main/native': { folders: ['contract/errors.ts'], packages: [...native, ...formats, 'exif-reader'], node: true },
  'main/store': { folders: ['contract'], packages: ['zod'], node: true },
  'main/dataset': { folders: ['contract', 'main/store'], packages: ['yauzl', 'yazl', 'zod'], node: true, http: true },
  'main/backbones': {
    folders: [...plainData, ...engine.slice(0, 1)],
    packages: formats,
    typePackages: tensorTypes,
    node: true,
  },
  'main/lowering': {
    folders: [...plainData, ...engine.slice(0, 2)],
    packages: formats,
    typePackages: tensorTypes,
    node: true,
  },
  'main/engine': {
    folders: [...plainData, ...engine.slice(0, 3)],
    packages: formats,
    typePackages: tensorTypes,
    node: true,
  },
  'main/export': {
    folders: [...plainData, ...engine.slice(0, 4)],
    packages: formats,
    typePackages: tensorTypes,
    node: true,
  },
  'main/workers': {
    folders: [...plainData, ...engine],
    types: ['main/backend/backend.ts'],
    packages: ['zod'],
    typePackages: tensorTypes,
    node: true,
  },
  'main/backend': {
    // Beside the registry the pure files of the engine, which load no native code: docs/decisions/0004.
    folders: [...plainData, ...pureFiles, 'main/backbones/registry.ts', 'main/workers/host.ts'],
    types: ['main/backbones/spec.ts', 'main/engine', 'main/export', 'main/workers'],
    packages: ['zod'],
    node: true,
  },
  // `graft serve` is a command that starts the web shell: the one way from one shell to another.
  'main/shells/cli': {
    folders: [...shell, 'main/shells/web/server.ts', 'main/workers/host.ts'],
    packages: ['commander'],
    node: true,
  },
  'main/shells/web': { folders: shell, packages: ['fastify', '@fastify/*', 'ws', 'yazl'], node: true, http: true },
  'main/shells/electron': { folders: shell, packages: ['electron'], node: true },
  'main/testing': { folders: ['contract', 'strings', 'main'], packages: ['*'], node: true, http: true },

  preload: { types: ['contract'], packages: ['electron'] },
  renderer: {
    folders: ['contract', 'strings'],
    packages: ['svelte', 'chart.js', 'bits-ui', 'virtua', '@lucide/svelte'],
  },
  // A page of its own, in the browser of whoever opens an export: nothing of the app is in it but its words.
  'web-page': {
    folders: ['strings/en/web-page.ts', 'strings/ko/web-page.ts'],
    packages: ['core', 'layers', 'backend-cpu', 'backend-webgl'].map((name) => `@tensorflow/tfjs-${name}`),
  },
  e2e: {
    folders: ['strings'],
    types: ['contract'],
    packages: ['@playwright/test', 'playwright', 'axe-core', 'yazl'],
    node: true,
    http: true,
  },
  bench: { folders: ['contract', 'strings', 'main', 'tools'], packages: ['*'], node: true, http: true },
  tools: { folders: ['contract', 'strings', 'main'], packages: ['*'], node: true, http: true },
};

/** What a test may import beyond its folder's zone: it puts things together that must not know each other. */
export function testZone(folder) {
  const isMain = folder.startsWith('main/');
  return {
    folders: isMain ? ['contract', 'strings', 'main', 'tools'] : ['contract', 'strings'],
    packages: isMain ? ['*'] : ['vitest', 'fast-check', 'svelte', 'zod'],
    node: true,
    http: true,
  };
}
