import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

/**
 * The TypeScript projects, each with the files that are checked with it, as lint names them; a later one goes before an
 * earlier. What runs in Node is one project, since each project makes the types of what it imports anew. Tests may use
 * more than the code they test: Node in `contract`.
 */
export const typeProjects = {
  'contract/tsconfig.json': ['contract/**'],
  'strings/tsconfig.json': ['strings/**'],
  'preload/tsconfig.json': ['preload/**'],
  'web-page/tsconfig.json': ['web-page/**'],
  'e2e/tsconfig.json': ['e2e/**'],
  'renderer/tsconfig.json': ['renderer/**'],
  'renderer/tsconfig.test.json': ['renderer/**/*.test.ts'],
  'tsconfig.node.json': ['{main,bench,tools,scripts}/**', '*.config.ts', '{contract,strings}/**/*.test.ts'],
};

/** Says whether there are stories to run. */
export function hasStories() {
  const stories = join(root, 'e2e');
  return existsSync(stories) && readdirSync(stories, { recursive: true }).some((file) => file.endsWith('.spec.ts'));
}
