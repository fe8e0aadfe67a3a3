import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

const folders = ['contract', 'strings', 'main', 'preload', 'renderer', 'web-page', 'e2e', 'bench', 'tools', 'scripts'];

/**
 * Lists the TypeScript projects, one per folder; where tests may use more than the code they test (Node in `contract`),
 * a second one for them. Without those that have nothing to check: the compiler takes that for a mistake.
 */
export function typeProjects() {
  return folders.flatMap((folder) => {
    const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : [];
    const sources = files.filter((file) => file.endsWith('.ts'));
    const tests = sources.filter((file) => file.endsWith('.test.ts'));
    const testProject = `${folder}/tsconfig.test.json`;
    const hasOwnTestProject = existsSync(join(root, testProject));
    return [
      ...(sources.length > (hasOwnTestProject ? tests.length : 0) ? [`${folder}/tsconfig.json`] : []),
      ...(hasOwnTestProject && tests.length > 0 ? [testProject] : []),
    ];
  });
}

/** Says whether there are stories to run. */
export function hasStories() {
  const stories = join(root, 'e2e');
  return existsSync(stories) && readdirSync(stories, { recursive: true }).some((file) => file.endsWith('.spec.ts'));
}
