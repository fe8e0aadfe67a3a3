import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Network } from '../dataset/ask.ts';
import { parseLink } from '../dataset/link-address.ts';
import { emptyManifest, type Manifest, type PackedSource } from '../dataset/manifest.ts';
import { GraftError } from '../../contract/errors.ts';
import type { DatasetScans } from './dataset-scans.ts';
import type { DatasetShelf } from './dataset-shelf.ts';
import { entryOf, incomplete, type DatasetEntry } from './dataset-entry.ts';
import { archiveFacts, bringPacked, filesIn, nameOfArchive, type Transfer } from './packed-data.ts';

/** Data sets that come in an archive, out of a file, from a link or sent by a browser: brought, unpacked, then read as any folder. */
export class ArrivingData {
  readonly #shelf: DatasetShelf;
  readonly #scans: DatasetScans;
  readonly #network: Network | undefined;

  constructor(shelf: DatasetShelf, scans: DatasetScans, network: Network | undefined) {
    this.#shelf = shelf;
    this.#scans = scans;
    this.#network = network;
  }

  /** Makes a data set of an archive on this machine, or finds the one that it is. */
  async addArchive(file: string, quick: boolean): Promise<{ datasetId: string }> {
    const { key, name } = await archiveFacts(file);
    return this.#addPacked('zip', key, name, { kind: 'archive', file }, quick);
  }

  /** @throws link-refused for what can be seen in the link itself, checksum-differs for what it brought before */
  async addLink(text: string, sha256: string | undefined): Promise<{ datasetId: string }> {
    await this.#shelf.loaded();
    const link = parseLink(text);
    if (link === null || link.kind === 'refused')
      throw new GraftError('link-refused', { url: text.trim(), problem: link?.problem ?? 'not-a-link' });
    const { pathname, host } = new URL(link.url);
    const name = link.kind === 'drive' ? 'Google Drive' : nameOfArchive(pathname.split('/').at(-1) ?? '') || host;
    const source = { kind: 'link' as const, url: link.url, sha256: sha256?.toLowerCase() ?? null };
    return this.#addPacked('link', link.url, name, source, false);
  }

  /** The data set of an archive: new, or the one that is here or on its way already. @throws checksum-differs */
  #addPacked(
    prefix: 'zip' | 'link',
    key: string,
    name: string,
    source: PackedSource,
    quick: boolean,
  ): { datasetId: string } {
    const datasetId = `${prefix}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
    const known = this.#shelf.known(datasetId);
    const wanted = source.kind === 'link' ? source.sha256 : null;
    if (known?.manifest.isHere && !isToFetchAgain(known.manifest)) {
      const found = known.manifest.archiveSha256;
      if (wanted !== null && found !== null && wanted !== found)
        throw new GraftError('checksum-differs', { file: known.manifest.name, expected: wanted, found });
      if (known.phase !== 'failed' && (wanted === null || found !== null)) {
        if (wanted !== null) known.manifest = { ...known.manifest, source };
        if (known.phase === 'ready') this.#scans.scan(datasetId, known.manifest, quick);
        return { datasetId };
      }
    }
    const isOnItsWay = known?.phase === 'downloading' || known?.phase === 'unpacking';
    if (known && isOnItsWay && (wanted === null || wanted === checksumIn(known.manifest))) return { datasetId };
    const root = filesIn(this.#shelf.placeOf(datasetId));
    const kind = source.kind === 'link' ? 'link' : 'archive';
    const about = known?.manifest ?? emptyManifest(datasetId, { name, kind, root });
    this.bring({ ...about, source, isHere: false }, quick);
    return { datasetId };
  }

  /** Stops a download where it is. */
  async pause(datasetId: string): Promise<void> {
    const entry = await this.#shelf.entry(datasetId);
    if (entry.phase !== 'downloading') return;
    entry.phase = 'paused';
    entry.stop.abort();
    this.#shelf.changed(entry);
  }

  /** Goes on with what was paused, cut off or failed. @throws upload-incomplete */
  async resume(datasetId: string): Promise<void> {
    const entry = await this.#shelf.entry(datasetId);
    const { manifest, phase, upload } = entry;
    if (phase !== 'paused' && phase !== 'failed') return;
    if (upload !== null) throw incomplete(entry); // only a window that has its files can send the rest
    if (manifest.source === null || (manifest.isHere && !isToFetchAgain(manifest)))
      this.#scans.scan(datasetId, manifest, false);
    else this.bring({ ...manifest, isHere: false }, false);
  }

  /** Downloads and unpacks what a manifest names, then reads it as any folder. */
  bring(manifest: Manifest, quick: boolean): void {
    const shelf = this.#shelf;
    const { datasetId } = manifest;
    const source = manifest.source!;
    const known = shelf.known(datasetId);
    known?.stop.abort();
    const entry = entryOf(manifest, source.kind === 'link' ? 'downloading' : 'unpacking', known?.history);
    if (known) entry.saving = known.saving;
    if (known?.transfer)
      entry.transfer = { ...known.transfer, startedAt: Date.now(), startBytes: known.transfer.receivedBytes };
    shelf.put(entry);
    if (shelf.isClosed) entry.stop.abort();
    const bringing = shelf.work.inTurn(datasetId, async () => {
      entry.stop.signal.throwIfAborted();
      if (source.kind !== 'upload') await shelf.take(entry, manifest); // so that it can go on after a restart
      return bringPacked(source, shelf.placeOf(datasetId), {
        signal: entry.stop.signal,
        newMedia: shelf.newMedia,
        network: this.#network,
        onTransfer: (transfer) => this.#transferred(entry, transfer),
        archiveSha256: manifest.archiveSha256,
        onArchive: async (archiveSha256) => void (await shelf.take(entry, { ...entry.manifest, archiveSha256 })),
      });
    });
    entry.scanning = bringing
      .then(({ name, left }) => {
        if (entry.stop.signal.aborted) return undefined; // forgotten, or begun anew
        entry.transfer = null;
        const before = entry.manifest;
        const leftOut = left === null ? {} : { left: left.files, numLeft: left.numLeft };
        entry.manifest = { ...before, ...leftOut, isHere: true, name: name ?? before.name };
        return this.#scans.scan(datasetId, entry.manifest, quick).scanning;
      })
      .catch((error: unknown) => shelf.fail(entry, error));
    shelf.changed(entry);
  }

  #transferred(entry: DatasetEntry, { phase, receivedBytes, totalBytes }: Transfer): void {
    if (entry.stop.signal.aborted) return;
    const isNew = entry.transfer === null || entry.phase !== phase;
    const from = isNew ? { startedAt: Date.now(), startBytes: receivedBytes } : entry.transfer!;
    entry.phase = phase;
    entry.transfer = { startedAt: from.startedAt, startBytes: from.startBytes, receivedBytes, totalBytes };
    this.#shelf.changedOften(entry, receivedBytes === totalBytes);
  }
}

/** What the archive behind a link must be; null where nobody said it. */
const checksumIn = ({ source }: Manifest): string | null => (source?.kind === 'link' ? source.sha256 : null);

/** Are the unpacked files gone, from the place that is only Graft's own, while what they came from may still be there? */
const isToFetchAgain = ({ source, root }: Manifest): boolean =>
  (source?.kind === 'link' || source?.kind === 'archive') && !existsSync(root);
