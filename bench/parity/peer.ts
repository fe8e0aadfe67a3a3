import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ExportFormat } from '../../contract/model.ts';
import { projectFolder } from '../shared/places.ts';

/** A Python that stays, for importing TensorFlow takes longer than most answers. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string) {
    const program = path.join(projectFolder, 'bench', 'parity', 'answer.py');
    this.#child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /**
   * Loads an export with the format's own runtime and asks it about pictures.
   *
   * @param folder what the format wrote
   * @param pixels RGB 0..255, [height, width, 3] each
   * @returns probabilities [numClasses] of each
   * @throws Error with the runtime's own words
   */
  async predict(
    format: ExportFormat,
    folder: string,
    pixels: readonly Uint8Array[],
    [height, width]: readonly [number, number],
  ): Promise<Float32Array[]> {
    const [input, output] = [path.join(folder, '..', 'input.f32'), path.join(folder, '..', 'output.f32')];
    const all = new Float32Array(pixels.length * height * width * 3);
    pixels.forEach((picture, index) => all.set(picture, index * picture.length));
    await writeFile(input, new Uint8Array(all.buffer));
    const question = { format, folder, input, shape: [pixels.length, height, width, 3], output };
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error('the process ended');
    const { error } = JSON.parse(line.value) as { error: string | null };
    if (error !== null) throw new Error(error);
    const bytes = await readFile(output);
    const numClasses = bytes.length / 4 / pixels.length;
    const values = new Float32Array(new Uint8Array(bytes).buffer);
    return pixels.map((_, index) => values.slice(index * numClasses, (index + 1) * numClasses));
  }

  end(): void {
    this.#child.stdin!.end();
  }
}
