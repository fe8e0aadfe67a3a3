import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The project's own folder; the built program lies two below it, in `out/bench` or `out/chunks`. */
export const projectFolder = path.resolve(import.meta.dirname, '..', '..');

/** Photographs and official weights beside the project, where there are any; see GRAFT_SHARED. */
export const sharedData = path.resolve(process.env['GRAFT_SHARED'] ?? path.join(projectFolder, '..', 'shared'), 'data');

/** A path as the user meant it: npm starts scripts in the project's folder and says in INIT_CWD where the user stands. */
export function userPath(given: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
}

/** The folder of pictures that was named, else the photographs beside the project. @throws when there are neither */
export function dataFolder(given: string | undefined): string {
  const folder = given === undefined ? path.join(sharedData, 'cats_and_dogs') : userPath(given);
  if (!existsSync(folder))
    throw new Error(`There is no folder ${folder}. Name a folder of pictures, one folder a class.`);
  return folder;
}

/** Keras's own weight file of a MobileNetV2, beside the project; null when it is not there. */
export function officialWeights(backboneId: string): string | null {
  const alpha = /^mobilenet-v2-(.+)$/.exec(backboneId)?.[1];
  const file = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${alpha}_224_no_top.h5`;
  const found = path.join(sharedData, 'weights', file);
  return alpha !== undefined && existsSync(found) ? found : null;
}

/** Makes a folder that is gone when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'graft-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Picture files below a folder in the order of their names, `limit` at most, taken evenly. */
export function pictureFiles(folder: string, limit: number): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
    .sort()
    .map((name) => path.join(folder, name));
  const step = Math.max(1, all.length / limit);
  return Array.from({ length: Math.min(limit, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}
