import { GraftError } from '../../contract/errors.ts';
import { listBrought, readBrought } from './brought.ts';
import { backbones, nearMatches } from './registry.ts';
import type { BackboneSpec } from './spec.ts';

/** Every backbone that can be chosen: those that Graft knows, then those that somebody brought to this home. */
export const allBackbones = (home: string): BackboneSpec[] => [...backbones, ...listBrought(home)];

/** Finds a backbone by its id, a brought one too. @throws backbone-not-found, with ids that look alike */
export function findBackbone(id: string, { home }: { home: string }): BackboneSpec {
  const found = backbones.find((backbone) => backbone.id === id) ?? readBrought(home, id);
  if (found) return found;
  const near = nearMatches(
    id,
    allBackbones(home).map((backbone) => backbone.id),
  );
  throw new GraftError('backbone-not-found', { backboneId: id, near });
}
