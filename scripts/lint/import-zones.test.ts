import { join } from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { root } from '../setup/paths.mjs';
import { importZones } from './import-zones.mjs';

function messagesFor(path: string, code: string): string[] {
  const linter = new Linter({ cwd: root });
  const config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser as Linter.Parser },
    plugins: { graft: { rules: { zones: importZones } } },
    rules: { 'graft/zones': 'error' },
  } as unknown as Linter.Config;
  return linter.verify(code, [config], join(root, path)).map((message) => message.message);
}

describe('importZones', () => {
  it.each([
    ['contract/run.ts', "import { z } from 'zod'; import { Id } from './id.ts';"],
    ['strings/errors.ts', "import type { ErrorCode } from '../contract/errors.ts';"],
    ['main/engine/train.ts', "import { tf } from '../native/tf.ts'; import { spec } from '../backbones/spec.ts';"],
    ['main/engine/train.ts', "import type * as tf from '@tensorflow/tfjs-node';"],
    ['main/backend/handlers/run.ts', "import { registry } from '../../backbones/registry.ts';"],
    ['main/native/onnx.ts', "import ort from 'onnxruntime-node'; import { readFileSync } from 'node:fs';"],
    ['renderer/App.svelte.ts', "import { onMount } from 'svelte'; import 'svelte/reactivity';"],
    ['main/engine/train.test.ts', "import { it } from 'vitest'; import { folder } from '../testing/folder.ts';"],
  ])('lets %s say %s', (path, code) => {
    expect(messagesFor(path, code)).toEqual([]);
  });

  it.each([
    ['contract/run.ts', "import { readFileSync } from 'node:fs';"],
    ['strings/errors.ts', "import { codes } from '../contract/errors.ts';"],
    ['main/native/tf.ts', "import { train } from '../engine/train.ts';"],
    ['main/dataset/scan.ts', "import sharp from 'sharp';"],
    ['main/engine/train.ts', "import { save } from '../export/save.ts';"],
    ['main/engine/train.ts', "import * as tf from '@tensorflow/tfjs-node';"],
    ['main/backend/dispatch.ts', "import { request } from 'node:http';"],
    ['main/backend/dispatch.ts', "export * from '../native/tf.ts';"],
    ['main/backend/dispatch.ts', "const tf = await import('../native/tf.ts');"],
    ['main/shells/web/server.ts', "import { menu } from '../electron/menu.ts';"],
    ['renderer/main.ts', "import { ipcRenderer } from 'electron';"],
    ['renderer/main.ts', "import { scan } from '../main/dataset/scan.ts';"],
    ['preload/index.ts', "import { methods } from '../contract/contract.ts';"],
    ['e2e/train.spec.ts', "import { root } from '../renderer/main.ts';"],
  ])('forbids %s to say %s', (path, code) => {
    expect(messagesFor(path, code)).toHaveLength(1);
  });
});
