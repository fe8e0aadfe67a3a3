import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

/** What all bundles are given in place of reading package.json at run time. */
export function versionDefine() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { 'process.env.GRAFT_VERSION': JSON.stringify(version) };
}
