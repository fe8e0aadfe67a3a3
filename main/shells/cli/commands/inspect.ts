import { VerdictKind, type DatasetSnapshot, type FileVerdict, type SkippedFile } from '../../../../contract/dataset.ts';
import { GraftError } from '../../../../contract/errors.ts';
import { verdictCsv } from '../../../../contract/verdict-table.ts';
import { writeFileAtomic } from '../../../store/write-atomic.ts';
import { addData, userPath, type Session } from '../session.ts';
import { mapFacts } from './inspect-map.ts';

const PAGE = 500;

/** Classes, counts, splits and a verdict for every file that is not used. */
export async function inspect(
  session: Session,
  data: string,
  { quick = false, sha256, csv, map = false }: { quick?: boolean; sha256?: string; csv?: string; map?: boolean },
): Promise<void> {
  const snapshot = await addData(session, data, quick, sha256);
  const skipped = await allSkipped(session, snapshot);
  const all = await allVerdicts(session, snapshot, csv !== undefined);
  const told = all.filter(({ verdict }) => verdict.kind !== 'used' && verdict.kind !== 'skipped');
  if (csv !== undefined) await writeFileAtomic(userPath(csv), verdictCsv(all));
  if (snapshot.numImages === 0) throw new GraftError('no-images', { path: data, numSkipped: skipped.length });
  const mapped = map ? await mapFacts(session, snapshot.datasetId) : { facts: {}, lines: [] };
  const lines = [
    `${snapshot.name}: ${snapshot.numImages} pictures, ${snapshot.numClasses} classes, split ${{ folders: snapshot.labels ? 'from the list' : 'from the folders', drawn: 'drawn with seed 1', edited: 'as edited' }[snapshot.splitFrom]}`,
    ...snapshot.classes.map(
      (c) =>
        `  ${c.name.padEnd(24)} ${String(c.numImages).padStart(7)}   train ${c.train}, validation ${c.validation}, test ${c.test}`,
    ),
    ...told.map(
      ({ path, verdict }) => `  ${verdict.kind}: ${path}${verdict.other ? ` and ${verdict.other.path}` : ''}`,
    ),
    ...skipped.map((file) => `  not used: ${file.path} (${file.reason}${file.detail ? `: ${file.detail}` : ''})`),
    ...(snapshot.labels?.numUnlisted ? [`  not in the list: ${snapshot.labels.numUnlisted} files`] : []),
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
      labels: snapshot.labels,
      classNames: snapshot.classes.map((c) => c.name),
      classes: snapshot.classes,
      files: { used: snapshot.numImages, skipped },
      verdictCounts: snapshot.verdicts,
      verdicts: told.map(({ path, className, split, verdict: { other, ...verdict } }) => ({
        path,
        className,
        split,
        ...verdict,
        ...(other && { other: other.path, otherClassName: other.className, otherSplit: other.split }),
      })),
      warnings: snapshot.warnings,
      ...mapped.facts,
    },
    lines.join('\n'),
  );
}

/** What there is to know about single files; with `isWhole` those too about which there is nothing. */
async function allVerdicts({ client }: Session, snapshot: DatasetSnapshot, isWhole: boolean): Promise<FileVerdict[]> {
  const { datasetId, verdicts } = snapshot;
  const kinds = VerdictKind.options.filter((kind) => verdicts[kind] > 0 && kind !== 'used' && kind !== 'skipped');
  const files: FileVerdict[] = [];
  for (const kind of isWhole ? [undefined] : kinds) {
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const page = await client.call('dataset.verdicts', { datasetId, ...(kind && { kind }), offset, limit: PAGE });
      files.push(...page.files);
      total = page.total;
    }
  }
  return files;
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
