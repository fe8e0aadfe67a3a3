import { constants, docstring, imports, layersName } from './header.ts';
import { isFrom, isList, modelCode } from './model.ts';
import { pictureCode } from './pictures.ts';
import { pyFloat, pyString, wrapped } from './python.ts';
import type { ScriptFacts, ScriptPhase } from './script-facts.ts';
import { trainingCode } from './training.ts';

/**
 * Writes a run as one Python file for Keras 3, to be read and to be run: the same backbone, head, freezing, split,
 * preprocessing, optimizer and phases.
 *
 * @returns the text of `train.py`
 */
export function trainScript(facts: ScriptFacts): string {
  const [first, ...rest] = [
    [docstring(facts), imports, constants(facts)].join('\n\n'),
    ...pictureCode(facts),
    ...modelCode(facts),
    ...trainingCode(facts),
    main(facts),
    'if __name__ == "__main__":\n    main()',
  ];
  return `${[first, ...rest].join('\n\n\n')}\n`;
}

function main(facts: ScriptFacts): string {
  const hasWeights = !('file' in facts.source);
  const splits = facts.hasTest ? ['validation', 'test'] : ['validation'];
  return [
    'def main():',
    '    """Trains, evaluates and saves the model."""',
    '    parser = argparse.ArgumentParser(description="Trains an image classifier.")',
    '    parser.add_argument("data", type=Path, help="the folder of the data set")',
    ...(hasWeights ? weightsArgument(facts) : []),
    '    parser.add_argument("--out", type=Path, default=Path("."), help="folder for what is written")',
    '    args = parser.parse_args()',
    '',
    '    splits = read_splits(args.data)',
    '    missing = [file for rows in splits.values() for file, _ in rows if not file.is_file()]',
    '    if missing:',
    '        parser.error(f"{len(missing)} pictures of splits.csv are missing, such as {missing[0]}")',
    '    args.out.mkdir(parents=True, exist_ok=True)',
    '    (args.out / "metrics.csv").unlink(missing_ok=True)',
    '',
    '    keras.utils.set_random_seed(SEED)',
    '    train_pictures = Pictures(splits["train"], is_shuffled=True)',
    '    validation_pictures = Pictures(splits["validation"])',
    '    pictures = (train_pictures, validation_pictures)',
    `    model, base = build_model(${hasWeights ? 'args.weights' : ''})`,
    ...(facts.phases.some(({ trainable }) => isFrom(trainable) || trainable === 'all')
      ? ['    names = [layer.name for layer in base.layers]']
      : []),
    ...facts.phases.flatMap(phase),
    '',
    '    model.save(args.out / "model.keras")',
    `    for split in [${splits.map((split) => `"${split}"`).join(', ')}]:`,
    '        _, accuracy = model.evaluate(Pictures(splits[split]), verbose=0)',
    '        print(f"{split} accuracy: {accuracy:.4f} ({len(splits[split])} pictures)")',
  ].join('\n');
}

function weightsArgument({ backbone: { officialFile, importedWeights } }: ScriptFacts): string[] {
  const [how, help] =
    importedWeights === null
      ? ['default="imagenet"', 'imagenet (fetched by Keras), or the file itself']
      : ['required=True', 'the file of the weights, or imagenet (fetched by Keras)'];
  return [
    ...(importedWeights === null
      ? [`    # Keras's own file is ${officialFile}.`]
      : [
          "    # Graft's run began with weights from a file that is not Keras's own. Its SHA-256:",
          `    # ${importedWeights}`,
        ]),
    '    parser.add_argument(',
    '        "--weights",',
    `        ${how},`,
    `        help=${pyString(help)},`,
    '    )',
  ];
}

function phase({ name, epochs, learningRate, trainable }: ScriptPhase, index: number): string[] {
  const words = isFrom(trainable)
    ? [
        `Then ${pyString(trainable.from)} and the layers after it too.`,
        `first = names.index(${pyString(trainable.from)})`,
        'unfreeze(base, names[first:])',
      ]
    : isList(trainable)
      ? ['Then some layers of the backbone too.', `unfreeze(base, ${layersName(index)})`]
      : trainable === 'all'
        ? ['Then all layers of the backbone too.', 'unfreeze(base, names)']
        : ['First the head alone: the backbone stays as it is.'];
  const [comment, ...unfreeze] = words;
  return [
    '',
    ...wrapped(comment!, '# ').map((line) => `    ${line}`),
    ...unfreeze.map((line) => `    ${line}`),
    `    train(model, ${pyString(name)}, ${epochs}, ${pyFloat(learningRate)}, *pictures, args.out)`,
  ];
}
