import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensors, writeSafetensors, type NamedTensors } from '../backbones/safetensors.ts';
import { checkpointFolder, checkpointPlace, type CheckpointFile } from '../store/checkpoint-place.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { PhaseState } from './train.ts';

/** All that a run needs to go on as if nothing had happened. */
export interface Checkpoint {
  state: PhaseState;
  weights: NamedTensors;
  optimizer: NamedTensors;
  /** Spent in training so far. */
  trainMs: number;
  /** Of the backbone's own weights: going on with others would be another run. Null: not known. */
  weightsSha256: string | null;
}

const prefixed = (prefix: string, tensors: NamedTensors | null) =>
  [...(tensors ?? [])].map(([name, tensor]) => [`${prefix} ${name}`, tensor] as const);

/** Writes a checkpoint and drops the one before. @throws disk-full, cannot-write */
export async function writeCheckpoint(runFolder: string, checkpoint: Checkpoint): Promise<void> {
  const { state, weights, optimizer, trainMs, weightsSha256 } = checkpoint;
  const folder = checkpointFolder(runFolder);
  await mkdir(folder, { recursive: true });
  const file = `${state.phase}-${state.epoch}.safetensors`;
  const bytes = writeSafetensors(
    new Map([
      ...prefixed('weights', weights),
      ...prefixed('optimizer', optimizer),
      ...prefixed('best', state.best.weights),
    ]),
  );
  await writeFileAtomic(path.join(folder, file), bytes);
  const content: CheckpointFile = {
    formatVersion: 1,
    phase: state.phase,
    epoch: state.epoch,
    best: { loss: Number.isFinite(state.best.loss) ? state.best.loss : null, epoch: state.best.epoch },
    trainMs,
    weightsSha256,
    file,
    sizeBytes: bytes.length, // no checksum: one would take longer than an epoch of a large head
  };
  await writeFileAtomic(path.join(folder, 'checkpoint.json'), `${JSON.stringify(content, null, 2)}\n`);
  for (const name of await readdir(folder))
    if (name.endsWith('.safetensors') && name !== file) await rm(path.join(folder, name), { force: true });
}

/** Reads the last checkpoint; null when there is none that is whole. */
export async function readCheckpoint(runFolder: string): Promise<Checkpoint | null> {
  const folder = checkpointFolder(runFolder);
  const content = await checkpointPlace(runFolder);
  if (!content) return null;
  const bytes = await readFile(path.join(folder, content.file)).catch(() => null);
  if (bytes?.length !== content.sizeBytes) return null;
  const tensors = readSafetensors(bytes);
  const part = (prefix: string): NamedTensors =>
    new Map(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${prefix} `) ? [[name.slice(prefix.length + 1), tensor] as const] : [],
      ),
    );
  const best = part('best');
  const { phase, epoch, trainMs, weightsSha256 } = content;
  return {
    state: {
      phase,
      epoch,
      best: {
        loss: content.best.loss ?? Infinity,
        epoch: content.best.epoch,
        weights: best.size > 0 ? best : null,
      },
    },
    weights: part('weights'),
    optimizer: part('optimizer'),
    trainMs,
    weightsSha256,
  };
}

/** Drops a run's checkpoint: it has ended. */
export async function removeCheckpoint(runFolder: string): Promise<void> {
  await rm(checkpointFolder(runFolder), { recursive: true, force: true });
}
