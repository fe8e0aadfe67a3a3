/** What a drag carries that began in the grid; files from outside have another. */
const kind = 'application/x-graft-pictures';

/** Marks a drag as one of the grid's selected pictures. */
export function startDrag(event: DragEvent, count: string): void {
  if (event.dataTransfer === null) return;
  event.dataTransfer.setData(kind, count);
  event.dataTransfer.effectAllowed = 'move';
}

export const isOfGrid = (event: DragEvent): boolean => event.dataTransfer?.types.includes(kind) === true;
