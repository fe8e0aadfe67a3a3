import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import { checksumsDiffer, downloadFile, type DownloadOptions, type WantedFile } from '../dataset/download.ts';
import type { BackboneSpec } from './spec.ts';

/** A weight file that is here now. `discard` removes it if it was downloaded; a mirror's own file stays. */
export interface FetchedFile {
  file: string;
  discard: () => Promise<void>;
}

/** Where a backbone's official weights come from: a file in a mirror's folder, or an address. */
export type WeightSource = { kind: 'folder'; file: string; wanted: WantedFile } | { kind: 'web'; wanted: WantedFile };

/**
 * Finds the source of a backbone's official weights.
 *
 * @param mirror GRAFT_WEIGHTS_MIRROR: a folder or an http(s) address that holds files by their official names
 * @throws weights-no-address
 */
export function officialSource(spec: BackboneSpec, mirror: string | undefined): WeightSource {
  const { official } = spec.weights;
  if (!official) throw new GraftError('weights-no-address', { backboneId: spec.id });
  const wanted: WantedFile = { ...official, file: path.basename(official.file), trust: 'official' };
  if (!mirror) return { kind: 'web', wanted };
  if (!/^https?:\/\//i.test(mirror))
    return { kind: 'folder', file: path.resolve(mirror, wanted.file), wanted: { ...wanted, trust: 'mirror' } };
  const url = `${mirror.replace(/\/+$/, '')}/${encodeURIComponent(wanted.file)}`;
  return { kind: 'web', wanted: { ...wanted, url, trust: 'mirror' } };
}

/** The source for an address that a person typed; the checksum counts where it is the official one. */
export function typedSource(spec: BackboneSpec, url: string): WeightSource {
  const { official } = spec.weights;
  if (official?.url === url) return officialSource(spec, undefined);
  const lastPart = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1)! : '';
  const file = `${spec.id}-${lastPart.replaceAll(/[^\w.-]/g, '_').slice(-100) || 'weights'}`;
  return { kind: 'web', wanted: { url, file, trust: 'typed' } };
}

/**
 * Gets a file and checks its checksum, where one is published.
 *
 * @param folder for what is downloaded
 * @throws download-failed, checksum-differs, disk-full, cannot-write
 */
export async function fetchWeights(
  source: WeightSource,
  folder: string,
  options: DownloadOptions = {},
): Promise<FetchedFile> {
  if (source.kind === 'web') {
    const file = await downloadFile(source.wanted, folder, options);
    return { file, discard: () => rm(file, { force: true }) };
  }
  const info = await stat(source.file).catch(() => null);
  if (!info?.isFile())
    throw new GraftError('download-failed', { url: source.file, problem: 'no such file in the mirror' });
  options.onProgress?.(0, info.size);
  const wrong = await checksumsDiffer(source.file, source.wanted, options.signal);
  if (wrong) throw new GraftError('checksum-differs', { file: source.file, ...wrong });
  options.onProgress?.(info.size, info.size);
  return { file: source.file, discard: async () => undefined };
}
