import type { WireError } from '../../contract/errors.ts';
import { fromWire } from '../../contract/errors.ts';
import type { Parity } from '../../contract/model.ts';
import { exportRun, type ExportJob, type VerifyJob } from '../export/export-run.ts';
import type { WrittenExport } from '../export/write-export.ts';

let settle: ((proof: Proof) => void) | null = null;

/** What the fresh process found, brought back by the backend. */
export type Proof = { parity: Parity } | { error: WireError };

/** Exports; asks for the proof by a report, and waits for `giveProof`. */
export function runExport(job: ExportJob, report: (proofWanted: VerifyJob) => void): Promise<WrittenExport> {
  return exportRun(job, (proofWanted) => {
    report(proofWanted);
    return new Promise<Parity>((resolve, reject) => {
      settle = (proof) => ('parity' in proof ? resolve(proof.parity) : reject(fromWire(proof.error)));
    });
  });
}

export async function giveProof(proof: Proof): Promise<null> {
  settle?.(proof);
  settle = null;
  return null;
}
