import type { en } from '../en/index.ts';
import { formatsFor } from '../format.ts';
import { compare } from './compare.ts';
import { data } from './data.ts';
import { errorSentence, errors } from './errors.ts';
import { exporting } from './export.ts';
import { frame } from './frame.ts';
import { model } from './model.ts';
import { terms } from './terms.ts';
import { train } from './train.ts';
import { understand } from './understand.ts';
import { use } from './use.ts';
import { verdicts } from './verdicts.ts';

/** The Korean catalogue. */
export const ko = {
  format: formatsFor('ko'),
  frame,
  data,
  model,
  train,
  compare,
  understand,
  use,
  exporting,
  verdicts,
  terms,
  errors,
  error: errorSentence,
} satisfies typeof en;
