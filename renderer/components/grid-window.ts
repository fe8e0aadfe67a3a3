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

/** The indexes to draw for what is in view (`last` not included), some rows more on both sides. */
export function gridWindow(
  shape: GridShape,
  numItems: number,
  viewTop: number,
  viewHeight: number,
  numSpareRows = 3,
): { first: number; last: number } {
  const rowPx = shape.cellPx + shape.gapPx;
  const firstRow = Math.max(0, Math.floor(viewTop / rowPx) - numSpareRows);
  const lastRow = Math.ceil((viewTop + viewHeight) / rowPx) + numSpareRows;
  return {
    first: Math.min(numItems, firstRow * shape.numColumns),
    last: Math.min(numItems, Math.max(0, lastRow) * shape.numColumns),
  };
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
