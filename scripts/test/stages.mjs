import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { typeProjects } from './projects.mjs';

const results = join(root, 'out', 'test-results');
const vitestResults = join(results, 'vitest.json');
/** As playwright.config.ts names it. */
const playwrightResults = join(results, 'playwright.json');

/** What the fast loop knows of files that have not changed since. */
const caches = join(root, 'out', 'check');

/**
 * Every stage has a title and `run`, which answers its exit code and what it counted.
 *
 * @param isFast for the loop beside the work: unchanged files are not looked at again, and tests that take long are left out
 */
export const stages = (isFast) => ({
  text: { title: 'Types, lint and format', run: () => checkText(isFast) },
  parity: { title: 'Exports in real Keras and ONNX Runtime', run: runParity },
  unit: { title: 'Unit and contract tests', run: () => runVitest(isFast) },
  stories: { title: 'Stories', run: runPlaywright },
});

/** One check after the other, all to the end, so that one run shows every mistake. */
async function checkText(isFast) {
  const cache = isFast ? ['--cache', '--cache-location', join(caches, 'eslint')] : [];
  const checks = [
    ...types(isFast),
    ['eslint/bin/eslint.js', '.', '--max-warnings=0', ...cache],
    ['prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ];
  let failure = 0;
  for (const [script, ...args] of checks) {
    const { code } = await tool(script, args);
    failure ||= code;
  }
  return { code: failure };
}

function types(isFast) {
  const remembered = (project) =>
    isFast ? ['--incremental', '--tsBuildInfoFile', join(caches, `${project.replaceAll('/', '-')}.tsbuildinfo`)] : [];
  return Object.keys(typeProjects).map((project) =>
    // svelte-check knows the renderer's .ts files as well as its .svelte files.
    project === 'renderer/tsconfig.json'
      ? [
          'svelte-check/bin/svelte-check',
          '--tsconfig',
          project,
          '--output',
          'human',
          '--threshold',
          'warning',
          '--fail-on-warnings',
        ]
      : ['typescript/bin/tsc', '-p', project, '--noEmit', ...remembered(project)],
  );
}

async function runVitest(isFast) {
  forget(vitestResults);
  if (isFast) process.env.GRAFT_FAST = '1'; // see vitest.config.ts
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${vitestResults}`];
  const { code } = await tool('vitest/vitest.mjs', ['run', ...reporters]);
  const { numPassedTests = 0, numFailedTests = 0 } = read(vitestResults);
  return { code, numPassed: numPassedTests, numFailed: numFailedTests };
}

/** Small backbones of three families, each with layers that the others lack. `npm run test:parity` compares all. */
const parityBackbones = ['mobilenet-v3-small', 'resnet18', 'densenet121'];

/** Where Keras is at hand or, in CI, to be had from PyPI: elsewhere nobody waits for 600 MB. */
async function runParity() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  if (!process.env.CI && !existsSync(join(process.env.GRAFT_PEERS || join(cache, 'graft-peers'), '.ok'))) {
    console.log('Skipped: there is no Keras here; `npm run test:parity` installs it.');
    return { code: 0 };
  }
  const options = ['--one-size', '--formats', 'keras,h5,onnx,savedmodel', '--without', 'keras2'];
  const { code } = await run(['scripts/bench.mjs', 'parity', ...parityBackbones, ...options]);
  return { code, numPassed: code === 0 ? parityBackbones.length : 0, numFailed: code === 0 ? 0 : 1 };
}

async function runPlaywright() {
  forget(playwrightResults);
  const { code } = await tool('@playwright/test/cli.js', ['test']);
  const { expected = 0, unexpected = 0, flaky = 0 } = read(playwrightResults).stats ?? {};
  return { code, numPassed: expected + flaky, numFailed: unexpected };
}

/** Results of an earlier run must not be taken for this one's. */
function forget(file) {
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** Runs a tool of node_modules with this Node. */
const tool = (script, args) => run([join(root, 'node_modules', script), ...args]);

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1 }));
  });
}
