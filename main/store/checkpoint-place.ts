import path from 'node:path';
import { z } from 'zod';
import { EpochReport } from '../../contract/run.ts';
import { readJson } from './read-json.ts';

/** `checkpoint/checkpoint.json` of a run: where it stood. It is written after the numbers it names. */
export const CheckpointFile = z.object({
  formatVersion: z.literal(1),
  phase: EpochReport.shape.phase,
  /** Epochs of the phase that are done. */
  epoch: z.int(),
  best: z.object({ loss: z.number().nullable(), epoch: z.int() }),
  trainMs: z.number(),
  /** Of the backbone's own weights; null in checkpoints of before it was kept. */
  weightsSha256: z.string().nullable().default(null),
  file: z.string().regex(/^[a-z0-9-]+\.safetensors$/),
  sizeBytes: z.int(),
});
export type CheckpointFile = z.infer<typeof CheckpointFile>;

export const checkpointFolder = (runFolder: string): string => path.join(runFolder, 'checkpoint');

/** Where a run stood when its last checkpoint was written; null when there is none. Loads no numbers. */
export async function checkpointPlace(runFolder: string): Promise<CheckpointFile | null> {
  return readJson(path.join(checkpointFolder(runFolder), 'checkpoint.json'), CheckpointFile).catch(() => null);
}
