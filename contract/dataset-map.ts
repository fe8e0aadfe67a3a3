import { DatasetRef } from './dataset.ts';
import { z } from './zod.ts';

/** Most pictures that one map shows. */
export const MAX_ON_MAP = 20_000;

/** A picture whose neighbours in the features belong to another class than its own. */
export const LabelSuspect = z.object({
  imageId: z.string(),
  path: z.string(),
  /** What it is labelled. */
  className: z.string(),
  /** The class of most of its neighbours. */
  suggested: z.string(),
  /** Share of its neighbours that are of that class, 0.6..1. */
  share: z.number(),
  /** Neighbours that were asked. */
  numNeighbours: z.int(),
});
export type LabelSuspect = z.infer<typeof LabelSuspect>;

/** A data set drawn by what a backbone sees in its pictures: those that look alike to it lie together. */
export const DatasetMap = DatasetRef.extend({
  backboneId: z.string(),
  /** Pictures in use. */
  numImages: z.int(),
  /** Classes as they were called, which `classIndexes` count. */
  classNames: z.array(z.string()),
  /** All pictures in use, or 20,000 drawn by lot; those that cannot be decoded are left out. Lists of one length. */
  points: z.object({
    imageIds: z.array(z.string()),
    /** 0..1; near means alike, else neither axis means anything. */
    x: z.array(z.number()),
    y: z.array(z.number()),
    classIndexes: z.array(z.int()),
  }),
  /** The surest first, a thousand at most. */
  suspects: z.array(LabelSuspect),
  numSuspects: z.int(),
  /** Pairs that show the same thing, with the cosine of their features; the most similar first, a thousand at most. */
  similar: z.array(z.tuple([z.string(), z.string(), z.number()])),
  numSimilar: z.int(),
});
export type DatasetMap = z.infer<typeof DatasetMap>;

/** The classes that pictures have now. */
export const ImageLabels = z.object({
  classNames: z.array(z.string()),
  /** In the order of what was asked; -1: not in use. */
  classIndexes: z.array(z.int()),
});
export type ImageLabels = z.infer<typeof ImageLabels>;
