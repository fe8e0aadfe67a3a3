import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureSetup, runScript } from './setup.mjs';
import { root } from './setup/paths.mjs';

const usage = `npm run bench -- peers [DATA] [--epochs 10] [--runs 2] [--backbone mobilenet-v2-1.0] [--weights FILE] [--skip-end-to-end]
                                 the same training by Graft and by Keras
npm run bench -- peers CASE [DATA] [--epochs 3]
                                 fine-tuning by both: vgg16-block5, vgg16-block5-augmented, resnet50-conv5,
                                 mobilenet-v2-block13; or a head: flatten-8192
npm run bench -- prediction [DATA] [--backbone ID] [--from LAYER,…] [--epochs 3]
                                 seconds of a fine-tuning epoch as the bill says them, and as they come
npm run bench -- engine [DATA] [--rounds 3] [--pictures 128]
                                 milliseconds a picture and a head epoch, beside bare ONNX Runtime and TensorFlow.js
npm run bench -- memory [DATA] [--pictures 1000] [--epochs 3] [--head gap|flatten] [--backbone ID]
                                 peak memory of a run with N and with 10 N pictures
npm run bench -- second-run [DATA] [--runs 5] [--backbone ID]
                                 from run.start to the first batch, all features cached
npm run bench -- first-screen [--runs 5]
                                 from the web shell listening to the first contentful paint
npm run bench -- duplicates [--pictures 10000] [--copies 1000] [--half first|second|all] [--sheets FOLDER]
                                 known near-duplicates among photographs: found, false, seconds
npm run bench -- decode [DATA] [--pictures 10000] [--runs 2] [--side 224] [--width N]
                                 photographs decoded for training, beside Keras's image_dataset_from_directory
npm run bench -- grid [--pictures 100000] [--seconds 20]
                                 frames while the grid is scrolled from end to end in Chromium
npm run bench -- answers [DATA] [--samples 100] [--backbone ID]
                                 predictions and thumbnails while a run trains
npm run bench -- export [BACKBONE] [--formats keras,onnx] [--head gap|flatten]
                                 seconds and peak memory of an export in each format, its proof included
npm run bench -- parity [BACKBONE…] [--all] [--one-size] [--formats keras,h5] [--without keras2]
                                 every export of every family against Keras, TensorFlow and ONNX Runtime: npm run test:parity
npm run bench -- suspects [DATA] [--fraction 0.05] [--seeds 5] [--backbone ID]
                                 changed labels that label suspects find, and how many are false`;

/** What needs the window built, and a Chromium. */
const inChromium = ['first-screen', 'grid'];

await runScript(async () => {
  const [name] = process.argv.splice(2, 1); // the program then finds its own arguments where they belong
  const names = readdirSync(join(root, 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3));
  if (!names.includes(name)) throw new Error(usage);
  await ensureSetup();
  await ensureBuilt({ renderer: inChromium.includes(name) });
  const built = join(root, 'out', 'bench', `${name}.js`);
  if (!existsSync(built)) throw new Error(`${built} was not built.`);
  if (inChromium.includes(name)) process.env.CHROME = await (await import('./chromium.mjs')).ensureChromium();
  await import(`../out/bench/${name}.js`);
});
