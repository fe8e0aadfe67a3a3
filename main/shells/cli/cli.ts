import { randomUUID } from 'node:crypto';
import { Command, CommanderError, Option } from 'commander';
import { PixelScaling } from '../../../contract/backbone.ts';
import { GraftError, isGraftError } from '../../../contract/errors.ts';
import { ExportFormat } from '../../../contract/model.ts';
import { anyNumber, wholeNumber, withRecipeOptions, type RecipeFlags } from './options.ts';
import { Interrupted } from './interrupt.ts';
import { Output } from './output.ts';
import { openSession, type Session } from './session.ts';

interface ExportFlags {
  format: ExportFormat;
  out: string;
  data?: string;
  float16?: true;
  foldBatchNormalization?: true;
}

const wantsJson = process.argv.includes('--json');
const out = new Output(wantsJson);
// `graft train … | head -1`: whoever reads has left, and there is nobody to tell.
process.stdout.on('error', () => process.exit(0));

/** Runs one command in a session of its own and leaves with its exit code. */
async function inSession(work: (session: Session) => Promise<void>): Promise<void> {
  const session = await openSession(out);
  try {
    await work(session);
  } finally {
    await session.backend.close();
  }
}

const headOption = () => new Option('--head <kind>', 'default: gap').choices(['gap', 'flatten']);
const graft = new Command('graft')
  .description('Transfer learning on images: pick a pretrained backbone, compare heads, train, predict, export.')
  .version(process.env['GRAFT_VERSION'] ?? '0.0.0')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => void (wantsJson || write(text)) });
/** A command whose last words are JSON when asked. */
const command = (name: string, description: string) =>
  graft.command(name).description(description).option('--json', 'one JSON object per line on standard output');

command('inspect <data>', 'classes, counts, splits and a verdict per file')
  .option('--quick', 'names and headers only, nothing decoded')
  .option('--sha256 <hex>', 'what the file behind a link must be')
  .option('--csv <file>', 'write the verdicts as a table too')
  .option('--map', 'places on a map by the features of the pictures, and labels that do not fit')
  .action((data: string, flags: { quick?: boolean; sha256?: string; csv?: string; map?: boolean }) =>
    inSession(async (session) => (await import('./commands/inspect.ts')).inspect(session, data, flags)),
  );

command('write <data>', 'write a data set as folders, as it was mended: train|validation|test/<class>/<name>')
  .requiredOption('--out <folder>', 'a new or empty folder')
  .action((data: string, flags: { out: string }) =>
    inSession(async (session) => (await import('./commands/write.ts')).write(session, data, flags)),
  );

command('backbones', 'the catalogue of pretrained backbones')
  .option('--remove <id>', 'take a model out of it that was brought; the file that it came from stays')
  .action((flags: { remove?: string }) =>
    inSession(async (session) => (await import('./commands/backbones.ts')).backbones(session, flags)),
  );

command('weights <id>', 'fetch a backbone’s weights if they are missing, and verify them; or import them')
  .option('--from <file-or-url>', 'an official Keras no_top .h5 file, or any file whose tensors match')
  .action((id: string, flags: { from?: string }) =>
    inSession(async (session) => (await import('./commands/backbones.ts')).weights(session, id, flags)),
  );

command(
  'bring <model>',
  'make a backbone of a model that somebody saved: .keras, .h5, model.json, ZIP of Teachable Machine',
)
  .option('--cut-at <layer>', 'the last layer to keep; default: the last before the classifier')
  .option('--name <name>', 'what to call it; default: the file’s name')
  .addOption(
    new Option(
      '--pixels <range>',
      'what it takes for pixels 0..255; default: -1..1, or as they are where it scales them',
    ).choices(PixelScaling.options),
  )
  .option('--list', 'show its layers, and where it can be cut; bring nothing')
  .action((model: string, flags: import('./commands/bring.ts').BringFlags) =>
    inSession(async (session) => (await import('./commands/bring.ts')).bring(session, model, flags)),
  );

command(
  'import <model>',
  'open a whole model that somebody saved, as a run: .keras, .h5, model.json, a ZIP or folder of them',
)
  .option('--labels <file>', 'names of its classes in the order of its outputs; default: those in it or beside it')
  .option('--name <name>', 'what to call it; default: the file’s name')
  .addOption(
    new Option(
      '--pixels <range>',
      'what it takes for pixels 0..255; default: -1..1, or as they are where it scales them',
    ).choices(PixelScaling.options),
  )
  .action((model: string, flags: import('./commands/import.ts').ImportFlags) =>
    inSession(async (session) => (await import('./commands/import.ts')).importModel(session, model, flags)),
  );

withRecipeOptions(command('train <data>', 'train a head on a folder of pictures, then layers of the backbone'))
  .addOption(headOption())
  .action((data: string, flags: RecipeFlags) =>
    inSession(async (session) => (await import('./commands/train.ts')).train(session, data, flags)),
  );

withRecipeOptions(command('compare <data>', 'train a GAP and a Flatten head on the same features and show both'))
  .option('--heads <list>', 'heads to compare', 'gap,flatten')
  .action((data: string, flags: RecipeFlags & { heads: string }) => {
    const heads = flags.heads.split(',');
    if (heads.length !== 2 || heads.some((head) => head !== 'gap' && head !== 'flatten'))
      graft.error("error: option '--heads' must be gap,flatten or flatten,gap");
    return inSession(async (session) =>
      (await import('./commands/train.ts')).compare(session, data, { ...flags, heads: heads as ('gap' | 'flatten')[] }),
    );
  });

command('fine-tune <run>', 'train layers of the backbone too, beginning with a finished run; makes a new run')
  .option('--from <layer>', 'that layer and all after it; default: the last block')
  .option('--epochs <n>', 'default: 10', wholeNumber)
  .option('--learning-rate <x>', 'default: 0.00001', anyNumber)
  .option('--data <data>', 'another data set with the same classes; default: the run’s own')
  .action((run: string, flags: import('./commands/train.ts').FineTuneFlags) =>
    inSession(async (session) => (await import('./commands/train.ts')).fineTune(session, run, flags)),
  );
command('resume <run>', 'go on with a run that was stopped or killed').action((run: string) =>
  inSession(async (session) => (await import('./commands/train.ts')).resume(session, run)),
);

command('runs', 'all runs').action(() =>
  inSession(async (session) => (await import('./commands/runs.ts')).runs(session)),
);
command('show <run>', 'everything about a run').action((run: string) =>
  inSession(async (session) => (await import('./commands/runs.ts')).show(session, run)),
);
command('evaluate <run>', 'accuracy and confusion on a split or on another folder')
  .option('--data <folder>', 'another folder with the same classes')
  .addOption(new Option('--split <name>', 'which part').choices(['train', 'validation', 'test']).default('test'))
  .action((run: string, flags: { split: 'test'; data?: string }) =>
    inSession(async (session) => (await import('./commands/runs.ts')).evaluate(session, run, flags)),
  );

command('predict <run> <inputs...>', 'answers for files and folders')
  .option('--csv <file>', 'write a table too')
  .action((run: string, inputs: string[], flags: { csv?: string }) =>
    inSession(async (session) => (await import('./commands/predict.ts')).predict(session, run, inputs, flags)),
  );

command('export <run>', 'write the model, and prove that it answers as the app does')
  .addOption(
    new Option(
      '--format <name>',
      'keras and h5: Python; tfjs: web; onnx; savedmodel; script: the run in Python; features',
    )
      .choices(ExportFormat.options)
      .makeOptionMandatory(),
  )
  .requiredOption('--out <folder>', 'a new or empty folder')
  .option('--data <data>', 'pictures for the proof; default: those that the run did not learn from')
  .option('--float16', 'store weights in half the size')
  .option('--fold-batch-normalization', 'onnx: put each batch normalisation into the convolution before it')
  .action((run: string, flags: ExportFlags) =>
    inSession(async (session) =>
      (await import('./commands/export.ts')).exportRun(session, run, {
        format: flags.format,
        out: flags.out,
        data: flags.data,
        options: {
          precision: flags.float16 ? 'float16' : 'float32',
          foldBatchNormalization: flags.foldBatchNormalization ?? false,
        },
      }),
    ),
  );

command('serve', 'the app in a browser')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <n>', 'default: a free one', wholeNumber)
  .option('--tls-cert <file>')
  .option('--tls-key <file>')
  .option('--i-know', 'serve beyond this machine without TLS: anyone on the way can read along')
  .option('--root <folder...>', 'folders whose pictures may be added by path')
  .option('--open', 'open it in the browser')
  .action(async (flags: import('./commands/serve.ts').ServeFlags) =>
    (await import('./commands/serve.ts')).serve(out, flags),
  );

process.exitCode = await run();
// Timers of libraries must not keep a finished command; what was written is flushed by then.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit();

async function run(): Promise<number> {
  try {
    await graft.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0; // help and version
      if (wantsJson)
        out.event('error', {
          code: 'usage',
          params: { problem: error.code },
          message: error.message.replace(/^error: /, ''),
        });
      return 2;
    }
    if (isGraftError(error)) {
      out.error(error);
      return 1;
    }
    const id = randomUUID().slice(0, 8);
    process.stderr.write(`${id}: ${String(error)}\n`);
    out.error(new GraftError('internal', { id }));
    return 1;
  }
}
