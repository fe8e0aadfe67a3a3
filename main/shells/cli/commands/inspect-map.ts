import { randomUUID } from 'node:crypto';
import type { DatasetMap } from '../../../../contract/dataset-map.ts';
import { isGraftError } from '../../../../contract/errors.ts';
import { Interrupted, onInterrupt } from '../interrupt.ts';
import type { Session } from '../session.ts';

const PAGE = 500;

/** A map of a data set and its label suspects, as JSON and in lines for people. */
export async function mapFacts(
  session: Session,
  datasetId: string,
): Promise<{ facts: Record<string, unknown>; lines: string[] }> {
  const { backboneId, numImages, points, suspects, numSuspects, similar, classNames } = await drawMap(
    session,
    datasetId,
  );
  const pathOf = await pathsById(session, datasetId);
  const facts = {
    suspects: suspects.map(({ path, className, suggested, share }) => ({ path, className, suggested, share })),
    map: {
      backboneId,
      numImages,
      numShown: points.imageIds.length,
      numSuspects,
      points: points.imageIds.map((imageId, i) => ({
        path: pathOf.get(imageId) ?? '',
        className: classNames[points.classIndexes[i]!],
        x: points.x[i],
        y: points.y[i],
      })),
      similar: similar.map(([one, other, similarity]) => ({
        paths: [pathOf.get(one) ?? '', pathOf.get(other) ?? ''],
        similarity,
      })),
    },
  };
  const lines = [
    ...suspects.map(
      ({ path, className, suggested, share }) =>
        `  label suspect: ${path} (labelled ${className}, ${Math.round(100 * share)} % of its neighbours are ${suggested})`,
    ),
    ...facts.map.similar.map(({ paths }) => `  look the same: ${paths.join(' and ')}`),
  ];
  return { facts, lines };
}

/** @throws Interrupted */
async function drawMap({ client, out }: Session, datasetId: string): Promise<DatasetMap> {
  const jobId = randomUUID();
  const stop = client.on('job.progress', ({ jobId: of, done, total }) => {
    if (of === jobId) out.bar.show('features', done, total, null);
  });
  const forget = onInterrupt(() => void client.call('job.cancel', { jobId }));
  try {
    return await client.call('dataset.map', { datasetId, jobId });
  } catch (error) {
    throw isGraftError(error) && error.code === 'job-stopped' ? new Interrupted() : error;
  } finally {
    forget();
    stop();
    out.bar.clear();
  }
}

async function pathsById({ client }: Session, datasetId: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (let offset = 0; ; offset += PAGE) {
    const { total, images } = await client.call('dataset.images', { datasetId, offset, limit: PAGE });
    for (const { imageId, path } of images) paths.set(imageId, path);
    if (offset + PAGE >= total) return paths;
  }
}
