/** What a grid says when its pictures are selected. */
export interface GridSelecting {
  selected: ReadonlySet<number>;
  ontoggle: (index: number) => void;
  /** From one picture to another, both included. */
  onrange: (from: number, to: number) => void;
  onall: () => void;
  ondrag: (event: DragEvent, index: number) => void;
}

/** Where the cells of a grid lie, all of one size. */
export interface GridShape {
  numColumns: number;
  /** Side of a cell in CSS pixels. */
  cellPx: number;
  gapPx: number;
}

/** The part of a grid that is drawn. */
export interface GridWindow {
  first: number;
  /** Not included. */
  last: number;
  /** Cells that draw it: whole rows. */
  numSlots: number;
}

/** Fits as many cells of at least `minCellPx` as go into a width, and stretches them to fill it. */
export function gridShape(widthPx: number, minCellPx: number, gapPx: number): GridShape {
  const numColumns = Math.max(1, Math.floor((widthPx + gapPx) / (minCellPx + gapPx)));
  const cellPx = Math.max(1, (widthPx - gapPx * (numColumns - 1)) / numColumns);
  return { numColumns, cellPx, gapPx };
}

/** Height of the whole grid, drawn or not. */
export function gridHeight(shape: GridShape, numItems: number): number {
  const numRows = Math.ceil(numItems / shape.numColumns);
  return Math.max(0, numRows * (shape.cellPx + shape.gapPx) - shape.gapPx);
}

/**
 * The indexes to draw for what is in view (`last` not included), some rows more on both sides. Wherever the grid is scrolled
 * they are the same number of rows, as far as there are so many: `slotIndex` uses the cells of those that leave again.
 */
export function gridWindow(
  shape: GridShape,
  numItems: number,
  viewTop: number,
  viewHeight: number,
  numSpareRows = 3,
): GridWindow {
  const rowPx = shape.cellPx + shape.gapPx;
  const numRows = Math.ceil(viewHeight / rowPx) + 1 + 2 * numSpareRows; // a row may be cut at both ends
  const lastFirstRow = Math.max(0, Math.ceil(numItems / shape.numColumns) - numRows);
  const firstRow = Math.min(lastFirstRow, Math.max(0, Math.floor(viewTop / rowPx) - numSpareRows));
  const first = firstRow * shape.numColumns;
  const numSlots = Math.min(numRows, Math.ceil(numItems / shape.numColumns)) * shape.numColumns;
  return { first, last: Math.min(numItems, first + numSlots), numSlots };
}

/** The picture that a cell shows: one in view, and while that stays in view the same. It may lie beyond the last picture. */
export function slotIndex(slot: number, { first, numSlots }: GridWindow): number {
  return first + ((((slot - first) % numSlots) + numSlots) % numSlots);
}

/** Where a key moves from an index; null for keys that do not move. */
export function movedBy(key: string, index: number, numColumns: number, numItems: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -numColumns,
    ArrowDown: numColumns,
  };
  if (key === 'Home') return 0;
  if (key === 'End') return numItems - 1;
  if (key === 'PageUp') return Math.max(0, index - 4 * numColumns);
  if (key === 'PageDown') return Math.min(numItems - 1, index + 4 * numColumns);
  const step = steps[key];
  if (step === undefined) return null;
  const moved = index + step;
  return moved < 0 || moved >= numItems ? index : moved;
}
