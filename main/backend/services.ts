import type { Emit } from '../../contract/contract.ts';
import type { HomePaths } from '../store/paths.ts';
import type { Backbones } from './backbones.ts';
import type { DatasetWrites } from './dataset-writes.ts';
import type { DatasetMaps } from './dataset-maps.ts';
import type { Datasets } from './datasets.ts';
import type { Exports } from './exports.ts';
import type { Log } from './log.ts';
import type { Pictures } from './pictures.ts';
import type { Predictions } from './predictions.ts';
import type { Questions } from './questions.ts';
import type { Runs } from './runs.ts';

/** What handlers call. */
export interface Services {
  datasets: Datasets;
  writes: DatasetWrites;
  maps: DatasetMaps;
  backbones: Backbones;
  runs: Runs;
  pictures: Pictures;
  predictions: Predictions;
  exports: Exports;
  questions: Questions;
  paths: HomePaths;
  emit: Emit;
  log: Log;
  /** The real place of a path that exists and may be used. @throws path-not-found, path-not-allowed */
  allowPath: (path: string) => Promise<string>;
  /** The same for a folder that may not exist yet. */
  allowNewPath: (path: string) => Promise<string>;
}
