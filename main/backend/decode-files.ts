import { GraftError } from '../../contract/errors.ts';
import type { WorkerHost } from '../workers/host.ts';
import type { JudgedFile, VerifiedFiles, VerifyFilesJob, VerifyReport } from '../workers/media.ts';

/** So many files in a row that each end their decoder: then a file that is known to be none of those tells whether it works at all. */
const MAX_CRASHES_IN_A_ROW = 10;

export interface DecodeOptions {
  newMedia: () => WorkerHost;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Decodes files for their verdicts, in processes of their own. A file that ends its decoder is decoded once more, alone; when
 * it does so again it is skipped as `decoder-crashed`, and the others go on.
 *
 * @throws Stopped; worker-died where it is the decoder that does not work
 */
export async function decodeFiles(
  { paths, ...job }: VerifyFilesJob,
  { newMedia, signal, onProgress }: DecodeOptions,
): Promise<VerifiedFiles> {
  const judged = new Map<string, JudgedFile>();
  const tell = (file: JudgedFile): void => {
    judged.set(file.path, file);
    onProgress?.(judged.size, paths.length);
  };
  let numInARow = 0;
  for (;;) {
    const left = paths.filter((path) => !judged.has(path));
    if (left.length === 0) break;
    const numBefore = judged.size;
    const crashed = await decodeUntilDeath({ ...job, paths: left }, { newMedia, signal }, tell);
    if (crashed === null) break;
    if (judged.size > numBefore) numInARow = 0;
    for (const path of crashed.suspects) {
      const alone = await decodeUntilDeath({ ...job, paths: [path] }, { newMedia, signal }, tell);
      if (alone === null) {
        numInARow = 0;
        continue;
      }
      if (alone.suspects.length === 0) throw alone.error;
      if (++numInARow > MAX_CRASHES_IN_A_ROW) {
        const known = [...judged.values()].find((file) => !('reason' in file))?.path ?? left.at(-1)!;
        if ((await decodeUntilDeath({ ...job, paths: [known] }, { newMedia, signal }, tell)) !== null)
          throw alone.error;
        numInARow = 0;
      }
      tell({ path, reason: 'decoder-crashed', detail: signalOf(alone.error) });
    }
    if (crashed.suspects.length === 0 && judged.size === numBefore) throw crashed.error; // it does not even begin
  }
  return asVerified(paths, judged);
}

/** Decodes until all is done, then answers null, or until the process dies over the `suspects`, which it had begun. */
async function decodeUntilDeath(
  job: VerifyFilesJob,
  { newMedia, signal }: Pick<DecodeOptions, 'newMedia' | 'signal'>,
  tell: (file: JudgedFile) => void,
): Promise<{ suspects: string[]; error: GraftError<'worker-died'> } | null> {
  const begun = new Set<string>();
  const media = newMedia();
  try {
    await media.call('verifyFiles', job, {
      onProgress: (raw) => {
        const report = raw as VerifyReport;
        if (report.judged) {
          begun.delete(report.judged.path);
          tell(report.judged);
        }
        if (report.begun !== undefined) begun.add(report.begun);
      },
      ...(signal && { signal }),
    });
    return null;
  } catch (error) {
    if (error instanceof GraftError && error.code === 'worker-died')
      return { suspects: [...begun], error: error as GraftError<'worker-died'> };
    throw error;
  } finally {
    media.close();
  }
}

const signalOf = ({ params }: GraftError<'worker-died'>): string => params.signal;

/** In the order of the paths. */
function asVerified(paths: readonly string[], judged: ReadonlyMap<string, JudgedFile>): VerifiedFiles {
  const found: VerifiedFiles = { sha256ByPath: [], factsByPath: [], skipped: [] };
  for (const path of paths) {
    const file = judged.get(path);
    if (file === undefined) continue;
    if ('reason' in file) found.skipped.push(file);
    else {
      found.sha256ByPath.push([path, file.sha256]);
      found.factsByPath.push([path, file.facts]);
    }
  }
  return found;
}
