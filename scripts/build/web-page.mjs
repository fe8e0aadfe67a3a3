import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { root } from '../setup/paths.mjs';

const source = join(root, 'web-page');
const target = join(root, 'out', 'web-page');

/** Builds the page that goes with a TensorFlow.js export into out/web-page: one script, one style sheet, the licences of what is in it. */
export async function buildWebPage() {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['web-page/app.ts'],
    outfile: join(target, 'app.js'),
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'external', // licences.txt holds them whole
    banner: { js: '/*! What is in here, and under which licences: licences.txt */' },
    metafile: true,
    logLevel: 'warning',
  });
  // A reader sees the old folder or the new one.
  const fresh = `${target}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const text = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text;
  writeFileSync(join(fresh, 'app.js'), text('app.js'));
  for (const name of ['index.html', 'style.css']) copyFileSync(join(source, name), join(fresh, name));
  writeFileSync(
    join(fresh, 'licences.txt'),
    licencesOf(
      Object.keys(metafile.inputs).filter((input) => existsSync(join(root, input))),
      text('LEGAL.txt'),
    ),
  );
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

/** Names every package that is in the bundle, with its notices and the texts of the licences. */
function licencesOf(inputs, notices) {
  const byPackage = new Map();
  for (const input of inputs) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name) byPackage.set(name, [...(byPackage.get(name) ?? []), input]);
  }
  const parts = ['Graft: the page itself. Apache-2.0.'];
  for (const [name, files] of [...byPackage].sort()) {
    const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    parts.push([`${name} ${version}. ${license}.`, ...ownTexts(name, files)].join('\n\n'));
  }
  return [...parts, notices.trim(), readFileSync(join(root, 'LICENSE'), 'utf8')].join(`\n\n${'-'.repeat(80)}\n\n`);
}

/** The licence that lies in a package, else what its files say at their beginning; not the Apache licence, which follows once. */
function ownTexts(name, files) {
  const own = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map((file) => join(root, 'node_modules', name, file));
  const texts = own.filter(existsSync).map((file) => readFileSync(file, 'utf8').trim());
  if (texts.length === 0) {
    const comments = files.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/\/\*[\s\S]*?\*\//g) ?? []);
    texts.push(...comments.filter((comment) => comment.includes('Permission is hereby granted')));
  }
  return [...new Set(texts)].filter((text) => !text.includes('Apache License'));
}
