import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { graft } from './shared/graft.ts';
import { dataFolder, officialWeights, pictureFiles, temporaryFolder } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// Peak memory of a run with N and with 10 N pictures: training streams from the disk, so it must not grow with them.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '1000' },
    epochs: { type: 'string', default: '3' },
    head: { type: 'string', default: 'gap' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
  },
});
const numPictures = Number(values.pictures);
const sources = await Promise.all(
  pictureFiles(dataFolder(positionals[0]), 50).map((file) =>
    sharp(file).autoOrient().resize(200, 150, { fit: 'fill' }).removeAlpha().toColourspace('srgb').raw().toBuffer(),
  ),
);
const data = temporaryFolder();

const rows: string[][] = [];
let numMade = 0;
for (const wanted of [numPictures, 10 * numPictures]) {
  note(`${wanted} pictures ...`);
  while (numMade < wanted) await makePicture(numMade++);
  const home = temporaryFolder();
  const weights = officialWeights(values.backbone);
  if (weights !== null) await graft(home, ['weights', values.backbone, '--from', weights]);
  const { backbone, head, epochs } = values;
  const { wallMs, peakBytes } = await graft(home, [
    ...['train', data, '--backbone', backbone, '--head', head, '--epochs', epochs],
  ]);
  rows.push([String(wanted), peakBytes === null ? '–' : (peakBytes / 1e6).toFixed(0), digits(wallMs / 1000)]);
}
say(`${values.backbone}, ${values.head}, ${values.epochs} epochs, nothing cached`);
say(table(['pictures', 'peak MB', 'seconds'], rows));
const [few, many] = rows.map((row) => Number(row[1]));
say(`\nten times the pictures: ${(many! / few!).toFixed(2)} times the memory`);

/** Half a picture of the sources, cut elsewhere and stretched for each number: small, and no two files with the same bytes. */
async function makePicture(number: number): Promise<void> {
  const raw = { width: 200, height: 150, channels: 3 as const };
  const region = { left: number % 40, top: Math.floor(number / 40) % 30, width: 160, height: 120 };
  const gain = 0.8 + ((number * 7919) % 4001) / 10_000; // differs for each number, so bytes do even where the cut is the same
  const bytes = await sharp(sources[number % sources.length], { raw })
    .extract(region)
    .linear(gain, 0)
    .jpeg({ quality: 85 })
    .withExif({ IFD0: { ImageDescription: `picture ${number}` } })
    .toBuffer();
  const folder = path.join(data, number % 2 === 0 ? 'even' : 'odd');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${String(number).padStart(6, '0')}.jpg`), bytes);
}
