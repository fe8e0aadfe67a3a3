import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BackboneFacts, ModelInspection } from '../../contract/backbone.ts';
import type { Emit, EventMessage, Handlers } from '../../contract/contract.ts';
import { homePaths } from '../store/paths.ts';
import { RunStore } from '../store/runs.ts';
import { asWriteError } from '../store/write-atomic.ts';
import { WorkerHost } from '../workers/host.ts';
import { allowedNewPath, allowedPath } from './allowed-path.ts';
import type { Backend, BackendOptions } from './backend.ts';
import { Backbones } from './backbones.ts';
import { DatasetWrites } from './dataset-writes.ts';
import { DatasetMaps } from './dataset-maps.ts';
import { Datasets } from './datasets.ts';
import { dispatch } from './dispatch.ts';
import { filesOfFolder } from './export-files.ts';
import { Exports } from './exports.ts';
import { appHandlers } from './handlers/app.ts';
import { backboneHandlers } from './handlers/backbone.ts';
import { datasetHandlers } from './handlers/dataset.ts';
import { modelHandlers } from './handlers/model.ts';
import { runHandlers } from './handlers/run.ts';
import { createLog } from './log.ts';
import { Pictures } from './pictures.ts';
import { Predictions } from './predictions.ts';
import { Questions } from './questions.ts';
import { Runs } from './runs.ts';
import { toldByName } from './told-by-name.ts';

/** Assembles the backend: services over a home, handlers over the services, one dispatch in front. */
export async function createBackend({ home, assets, spawnWorker, roots, network }: BackendOptions): Promise<Backend> {
  const paths = homePaths(home);
  await mkdir(home, { recursive: true }).catch((error: unknown) => {
    throw asWriteError(error, home);
  });
  const log = createLog(home);
  const listeners = new Set<(message: EventMessage) => void>();
  let seq = 0;
  const emit: Emit = (event, data) => {
    seq++;
    for (const listener of listeners) listener({ seq, event, data });
  };

  const realRoots = roots && (await Promise.all(roots.map((root) => realpath(root).catch(() => path.resolve(root)))));
  const places = { home, assets, cacheFolder: paths.cache };
  const workers = new Set<WorkerHost>();
  let isClosed = false;
  const newWorker = (entry: 'trainer' | 'media') => () => {
    for (const old of workers) if (old.isClosed) workers.delete(old);
    const worker = new WorkerHost(spawnWorker, entry, log.note);
    if (isClosed) worker.close(); // a job that begins too late ends as stopped
    workers.add(worker);
    return worker;
  };
  const newTrainer = newWorker('trainer');
  const store = new RunStore(paths.runs);
  const datasets = new Datasets(paths.datasets, emit, newWorker('media'), log, { roots: realRoots, network });
  const backbones = new Backbones(places, paths.measurements, emit, newTrainer, {
    log,
    mirror: process.env['GRAFT_WEIGHTS_MIRROR'],
  });
  const maps = new DatasetMaps({ datasets, backbones, places, newTrainer, log });
  const runs = new Runs({ store, datasets, backbones, places, emit, newTrainer, log });
  const pictures = new Pictures(paths.pictures);
  const predictions = new Predictions(places, newWorker('media')(), { runs, store, datasets, pictures });
  const exports = new Exports({ folder: paths.exports, store, runs, datasets, places, emit, newTrainer, log });
  const questions = new Questions(emit);
  const writes = new DatasetWrites(datasets);
  const services = {
    datasets,
    writes,
    maps,
    backbones,
    runs,
    pictures,
    predictions,
    exports,
    questions,
    paths,
    emit,
    log,
    allowPath: (given: string) => allowedPath(given, roots),
    allowNewPath: (given: string) => allowedNewPath(given, roots),
  };
  /** Keeps uploaded bytes in a file, called as its source was, while something reads it. */
  async function whileKept<T>(name: string, bytes: Readable, otherwise: string, use: (file: string) => Promise<T>) {
    const folder = path.join(paths.pictures, randomUUID());
    const file = path.join(folder, name.replace(/[^\w.-]/g, '_').slice(-100) || otherwise);
    try {
      await mkdir(folder, { recursive: true });
      await pipeline(bytes, createWriteStream(file, { flags: 'wx' })).catch((error: unknown) => {
        throw asWriteError(error, name);
      });
      return await use(file);
    } catch (error) {
      throw toldByName(error, file, name);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const handlers: Handlers = {
    ...appHandlers(services),
    ...datasetHandlers(services),
    ...backboneHandlers(services),
    ...runHandlers(services),
    ...modelHandlers(services),
  };

  return {
    call: (method, input) => dispatch(handlers, method, input, log.bug),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    thumbnail: (imageId, sizePx) => predictions.thumbnail(imageId, sizePx),
    receiveFile: (datasetId, given, bytes) => datasets.receiveFile(datasetId, given, bytes),
    leaveOutFile: (datasetId, given, reason) => datasets.leaveOutFile(datasetId, given, reason),
    receivePiece: (datasetId, offset, bytes) => datasets.receivePiece(datasetId, offset, bytes),
    receivePicture: async (name, bytes) => {
      const { imageId } = await pictures.receive(name, bytes);
      return { imageId, name };
    },
    receiveWeights: (backboneId, name, bytes) =>
      whileKept(name, bytes, 'weights', (file) => backbones.importWeights(backboneId, file)),
    receiveModel: (name, bytes, options) =>
      whileKept<ModelInspection | BackboneFacts>(name, bytes, 'model', (file) =>
        options === null ? backbones.inspectModel(file) : backbones.bring(file, options),
      ),
    receiveWholeModel: (name, bytes, options) =>
      whileKept(name, bytes, 'model', (file) => runs.import(file, { ...calledAs(name), ...options })),
    downloadWeights: async (backboneId, url) => backbones.downloadFrom(backboneId, url),
    exportFolder: async (exportId) => writes.folderOf(exportId) ?? exports.folderOf(exportId),
    exportFiles: async (exportId) => writes.filesOf(exportId) ?? filesOfFolder(exports.folderOf(exportId)),
    async close() {
      isClosed = true;
      await datasets.close(); // runs and questions may wait for one
      await Promise.all([runs.close(), backbones.close(), questions.close()]);
      for (const worker of workers) worker.close();
      await exports.close();
      await pictures.close();
    },
  };
}

/** A model is called as its file was when it was sent: here it has a plainer name. */
function calledAs(fileName: string): { name?: string } {
  const name = fileName.replace(/\.[a-z0-9]{1,5}$/i, '').replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim().slice(0, 80); // prettier-ignore
  return name === '' ? {} : { name };
}
