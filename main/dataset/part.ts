import { readFile, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../store/write-atomic.ts';

/** What is known of a file of which a part is here. */
export const PartRecord = z.object({
  url: z.string(),
  validator: z.string().nullable(),
  totalBytes: z.int().nullable().default(null),
  name: z.string().default('download'),
});
export type PartRecord = z.infer<typeof PartRecord>;

/** What has come of a file so far, and beside it which version of the file it is of. */
export class Part {
  readonly file: string;
  readonly #record: string;
  constructor(target: string) {
    this.file = `${target}.part`;
    this.#record = `${target}.part.json`;
  }
  async size(): Promise<number> {
    return (await sizeOf(this.file)) ?? 0;
  }
  async record(): Promise<PartRecord | null> {
    const text = await readFile(this.#record, 'utf8').catch(() => '');
    try {
      return PartRecord.parse(JSON.parse(text));
    } catch {
      return null; // without it the part is of no use, and comes anew
    }
  }
  async begin(record: PartRecord | null): Promise<void> {
    await this.discard();
    if (record) await writeFileAtomic(this.#record, JSON.stringify(record));
  }
  async discard(): Promise<void> {
    await Promise.all([this.file, this.#record].map((file) => rm(file, { force: true })));
  }
}

/** Null when there is no such file. */
export async function sizeOf(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.size ?? null;
}
