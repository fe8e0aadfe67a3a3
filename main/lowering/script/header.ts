import type { Share } from '../../../contract/run.ts';
import { pyFloat, pyItems, pyString, pyText, wrapped } from './python.ts';
import type { ScriptFacts } from './script-facts.ts';

/** What the script is, and how to run it. */
export function docstring(facts: ScriptFacts): string {
  const { backbone, recipe, classNames } = facts;
  const { kind, denseUnits, dropout } = recipe.head;
  const head = [
    kind === 'gap' ? 'global average pooling' : 'flatten',
    ...(denseUnits === null ? [] : [`${denseUnits} ReLU units`]),
    ...(dropout > 0 ? [`dropout ${dropout}`] : []),
    `softmax over ${classNames.length} classes`,
  ];
  const from = [backbone.licence, backbone.paper].filter((text) => text !== '').map(pyText);
  const lines = [
    `"""Transfer learning on pictures, as Graft ${pyText(facts.graftVersion)} did it.`,
    '',
    ...wrapped(`Backbone: ${pyText(backbone.name)}${from.length > 0 ? ` (${from.join(', ')}).` : '.'}`, ''),
    ...wrapped(`Head: ${head.join(', ')}.`, ''),
    ...reached("Graft's validation accuracy", facts.validation),
    ...reached("Graft's test accuracy", facts.test),
    '',
    '    pip install keras tensorflow pillow',
    '    python train.py DATA',
    '',
    ...wrapped(
      'DATA is the folder of the data set. The paths in splits.csv, beside this file, are relative to it; they say which picture is for training, validation and test.',
      '',
    ),
    '"""',
  ];
  return lines.join('\n');
}

function reached(what: string, share: Share | null): string[] {
  if (!share) return [];
  const { accuracy, low, high, numCorrect, numImages } = share;
  const interval = `95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`;
  return wrapped(`${what}: ${accuracy.toFixed(4)} (${numCorrect} of ${numImages} pictures, ${interval}).`, '');
}

/** What the script imports. */
export const imports = `import argparse
import csv
import math
from pathlib import Path

import keras
import numpy as np
from PIL import Image, ImageOps`;

/** Names and numbers that the functions use. */
export function constants({ classNames, inputSize, recipe, phases }: ScriptFacts): string {
  const { classWeights } = recipe;
  const trained = phases.flatMap(({ trainable }, phase) =>
    typeof trainable === 'object' && 'layers' in trainable
      ? [pyItems(`${layersName(phase)} = `, trainable.layers.map(pyString), ['[', ']'])]
      : [],
  );
  const weights =
    typeof classWeights === 'object'
      ? classNames.map((name, index) => `${index}: ${pyFloat(classWeights[name] ?? 1)}`)
      : null;
  return [
    'HERE = Path(__file__).resolve().parent',
    '',
    pyItems('CLASS_NAMES = ', classNames.map(pyString), ['[', ']']),
    ...(weights ? ['# By the place in CLASS_NAMES.', pyItems('CLASS_WEIGHTS = ', weights, ['{', '}'])] : []),
    `HEIGHT, WIDTH = ${inputSize.join(', ')}`,
    `BATCH_SIZE = ${recipe.batchSize}`,
    `SEED = ${recipe.seed}`,
    ...(trained.length > 0 ? ['# Layers of the backbone that train.', ...trained] : []),
  ].join('\n');
}

/** The list of layers that a phase trains. */
export const layersName = (phase: number): string => `LAYERS_OF_PHASE_${phase + 1}`;
