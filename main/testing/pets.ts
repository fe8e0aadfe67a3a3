import sharp from 'sharp';
import type { DatasetSnapshot } from '../../contract/dataset.ts';
import { zipOf, type ZipEntrySpec } from './archives.ts';
import { noisePixels } from './images.ts';

const picture = (seed: number): Promise<Buffer> =>
  sharp(noisePixels(48, 48, seed), { raw: { width: 48, height: 48, channels: 3 } })
    .jpeg()
    .toBuffer();

/** Two classes of six pictures in one folder, with what systems put beside. */
export async function petsEntries(): Promise<ZipEntrySpec[]> {
  const entries: ZipEntrySpec[] = [{ name: 'pets/' }, { name: '__MACOSX/pets/._cat', content: 'x' }];
  for (const [c, className] of ['cats', 'dogs'].entries())
    for (let i = 0; i < 6; i++)
      entries.push({ name: `pets/${className}/${i}.jpg`, content: await picture(10 * c + i), isStored: true });
  return entries;
}

/** The two classes as an archive. */
export const petsZip = async (): Promise<Buffer> => zipOf(await petsEntries());

/** Pictures of each class by its name. */
export const classCounts = ({ classes }: DatasetSnapshot): Record<string, number> =>
  Object.fromEntries(classes.map((c) => [c.name, c.numImages]));
