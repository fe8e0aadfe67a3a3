import { z } from 'zod';
import { Settings } from '../../contract/contract.ts';
import { readJson } from './read-json.ts';
import { writeFileAtomic } from './write-atomic.ts';

/** Reads the settings; what is missing or damaged has its default. */
export async function readSettings(file: string): Promise<Settings> {
  return (await readJson(file, Settings)) ?? Settings.parse({});
}

export async function writeSettings(file: string, settings: Settings): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify({ formatVersion: 1, ...settings }, null, 2)}\n`);
}

const Measurements = z.record(z.string(), z.number());

/** Milliseconds a picture by backbone id, measured on this machine. */
export async function readMeasurements(file: string): Promise<Record<string, number>> {
  return (await readJson(file, Measurements)) ?? {};
}

export async function writeMeasurements(file: string, measurements: Record<string, number>): Promise<void> {
  await writeFileAtomic(file, JSON.stringify(measurements));
}
