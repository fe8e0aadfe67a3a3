import type { DatasetSnapshot, SkippedFile } from '../../../../contract/dataset.ts';
import { GraftError } from '../../../../contract/errors.ts';
import { addData, type Session } from '../session.ts';
import { mapFacts } from './inspect-map.ts';

const PAGE = 500;

/** Classes, counts, splits and a verdict for every file that is not used. */
export async function inspect(
  session: Session,
  data: string,
  { quick = false, sha256, map = false }: { quick?: boolean; sha256?: string; map?: boolean },
): Promise<void> {
  const snapshot = await addData(session, data, quick, sha256);
  const skipped = await allSkipped(session, snapshot);
  if (snapshot.numImages === 0) throw new GraftError('no-images', { path: data, numSkipped: skipped.length });
  const mapped = map ? await mapFacts(session, snapshot.datasetId) : { facts: {}, lines: [] };
  const lines = [
    `${snapshot.name}: ${snapshot.numImages} pictures, ${snapshot.numClasses} classes, split ${{ folders: 'from the folders', drawn: 'drawn with seed 1', edited: 'as edited' }[snapshot.splitFrom]}`,
    ...snapshot.classes.map(
      (c) =>
        `  ${c.name.padEnd(24)} ${String(c.numImages).padStart(7)}   train ${c.train}, validation ${c.validation}, test ${c.test}`,
    ),
    ...skipped.map((file) => `  not used: ${file.path} (${file.reason})`),
    ...snapshot.warnings.map(
      (warning) =>
        `  ${warning.blocking ? 'blocks training' : 'note'}: ${warning.code} ${Object.values(warning.params).join(', ')}`,
    ),
    ...mapped.lines,
  ];
  session.out.event(
    'done',
    {
      datasetId: snapshot.datasetId,
      layout: snapshot.layout,
      splitFrom: snapshot.splitFrom,
      classNames: snapshot.classes.map((c) => c.name),
      classes: snapshot.classes,
      files: { used: snapshot.numImages, skipped },
      warnings: snapshot.warnings,
      ...mapped.facts,
    },
    lines.join('\n'),
  );
}

async function allSkipped({ client }: Session, snapshot: DatasetSnapshot): Promise<SkippedFile[]> {
  const files: SkippedFile[] = [];
  while (files.length < snapshot.numSkipped) {
    const page = await client.call('dataset.skipped', {
      datasetId: snapshot.datasetId,
      offset: files.length,
      limit: PAGE,
    });
    if (page.files.length === 0) break;
    files.push(...page.files);
  }
  return files;
}
