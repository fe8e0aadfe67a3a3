import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as esbuild from 'esbuild';
import { root } from '../setup/paths.mjs';
import { versionDefine } from './version.mjs';
import { watForEsbuild } from './wat.mjs';

const out = join(root, 'out');

/** Bundle under out/, and the source it starts from. */
const entries = {
  cli: 'main/shells/cli/cli.ts',
  'workers/trainer': 'main/workers/trainer.ts',
  'workers/media': 'main/workers/media.ts',
  'workers/read-pictures': 'main/workers/read-pictures.ts',
  'electron/app': 'main/shells/electron/app.ts',
  'electron/backend': 'main/shells/electron/backend.ts',
};

/** Replaced chunks stay this long: a process that runs may still load one. */
const keepChunksMs = 3_600_000;

/** Bundles everything that runs outside the renderer. Entries that do not exist yet are left out. */
export async function buildMain() {
  const shared = {
    absWorkingDir: root,
    outdir: out,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    define: versionDefine(),
    plugins: [watForEsbuild],
    logLevel: 'warning',
  };
  const results = [];
  const entryPoints = existing({ ...entries, ...benchEntries() });
  if (entryPoints.length > 0) {
    const format = { format: 'esm', splitting: true, chunkNames: 'chunks/[name]-[hash]' };
    results.push(await build({ ...shared, ...format, entryPoints }));
  }
  const preload = existing({ preload: 'preload/index.ts' });
  if (preload.length > 0) {
    // A sandboxed preload cannot be an ES module.
    results.push(await build({ ...shared, format: 'cjs', outExtension: { '.js': '.cjs' }, entryPoints: preload }));
  }
  const files = results.flatMap((result) => result.outputFiles);
  for (const { path, contents } of files) writeWhole(path, contents);
  removeOldChunks(new Set(files.map((file) => file.path)));
}

async function build(options) {
  try {
    return await esbuild.build(options);
  } catch (error) {
    throw new Error('The build failed; the reasons are above.', { cause: error });
  }
}

function existing(candidates) {
  return Object.entries(candidates)
    .filter(([, source]) => existsSync(join(root, source)))
    .map(([bundle, source]) => ({ out: bundle, in: source }));
}

/** Every file at the top of bench/ is a program. */
function benchEntries() {
  if (!existsSync(join(root, 'bench'))) return {};
  const names = readdirSync(join(root, 'bench')).filter(
    (name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name),
  );
  return Object.fromEntries(names.map((name) => [`bench/${name.slice(0, -3)}`, `bench/${name}`]));
}

/** Another process may be starting from the file: it sees the old or the new one, never half of it. */
function writeWhole(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}

function removeOldChunks(current) {
  const chunks = join(out, 'chunks');
  if (!existsSync(chunks)) return;
  for (const name of readdirSync(chunks)) {
    const path = join(chunks, name);
    if (!current.has(path) && Date.now() - statSync(path).mtimeMs > keepChunksMs) rmSync(path);
  }
}
