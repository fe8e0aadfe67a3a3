import type { SkipReason } from '../../contract/dataset.ts'; // eslint-disable-line graft/import-zones -- a type; the reasons are the contract's

/** Says why a file cannot be used as a picture. `detail` is the decoder's own words, for the log and a tooltip. */
export class ImageProblem extends Error {
  readonly reason: SkipReason;
  readonly detail: string;
  constructor(reason: SkipReason, detail: string, options?: { cause?: unknown }) {
    super(`${reason}: ${detail}`, options);
    this.name = 'ImageProblem';
    this.reason = reason;
    this.detail = detail;
  }
}
