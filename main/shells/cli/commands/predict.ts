import path from 'node:path';
import { csvOf } from '../../../../contract/csv.ts';
import type { GraftError } from '../../../../contract/errors.ts';
import { fromWire } from '../../../../contract/errors.ts';
import type { ModelPrediction } from '../../../../contract/model.ts';
import { writeFileAtomic } from '../../../store/write-atomic.ts';
import { sentenceOf } from '../output.ts';
import { userPath, type Session } from '../session.ts';

const BATCH = 64;

/** Answers for files, and for the pictures in folders. */
export async function predict(
  { client, out }: Session,
  runId: string,
  inputs: string[],
  { csv }: { csv?: string },
): Promise<void> {
  const { classNames } = await client.call('run.get', { runId });
  const pictures: { imageId: string; file: string }[] = [];
  for (const input of inputs) {
    const added = await client.call('picture.add', { paths: [userPath(input) as never] });
    const isFile = added.length === 1 && added[0]!.name === path.basename(userPath(input));
    for (const { imageId, name } of added) pictures.push({ imageId, file: isFile ? input : path.join(input, name) });
  }
  const rows: string[][] = [['path', 'className', 'probability', ...classNames]];
  let numAnswered = 0;
  let lastError: GraftError | null = null;
  for (let start = 0; start < pictures.length; start += BATCH) {
    const batch = pictures.slice(start, start + BATCH);
    const answers = await client.call('model.predict', { runId, imageIds: batch.map((picture) => picture.imageId) });
    out.bar.show('predicting', start + batch.length, pictures.length, null);
    for (const [i, answer] of answers.entries()) {
      const { file } = batch[i]!;
      if (answer.error) {
        lastError = fromWire(answer.error);
        out.event('skipped', { path: file, ...answer.error, message: sentenceOf(lastError) }, sentenceOf(lastError));
        continue;
      }
      numAnswered++;
      const best = answer.top[0]!;
      const probabilities = byClass(answer, classNames);
      out.event(
        'prediction',
        { path: file, ...best, probabilities },
        `${file}: ${best.className} ${(100 * best.probability).toFixed(1)} %`,
      );
      rows.push([
        file,
        best.className,
        String(best.probability),
        ...classNames.map((name) => String(probabilities[name])),
      ]);
    }
  }
  if (numAnswered === 0 && lastError) throw lastError;
  if (csv !== undefined) await writeFileAtomic(userPath(csv), csvOf(rows));
  out.event('done', { runId, numImages: numAnswered, numSkipped: pictures.length - numAnswered, classNames });
}

function byClass(answer: ModelPrediction, classNames: readonly string[]): Record<string, number> {
  const found = new Map(answer.top.map(({ className, probability }) => [className, probability]));
  return Object.fromEntries(classNames.map((name) => [name, found.get(name)!]));
}
