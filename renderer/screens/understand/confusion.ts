/** What a confusion matrix says at a glance. Rows are true classes, columns predicted. */
export interface ConfusionSummary {
  numImages: number;
  numCorrect: number;
  /** Of each row. */
  rowTotals: number[];
  /** The most frequent mistake, the first of equals; null where there is none. */
  worst: { truth: number; said: number; numImages: number } | null;
}

export function summarise(confusion: readonly (readonly number[])[]): ConfusionSummary {
  const rowTotals = confusion.map((row) => row.reduce((sum, cell) => sum + cell, 0));
  let numCorrect = 0;
  let worst: ConfusionSummary['worst'] = null;
  for (const [truth, row] of confusion.entries()) {
    for (const [said, numImages] of row.entries()) {
      if (truth === said) numCorrect += numImages;
      else if (numImages > (worst?.numImages ?? 0)) worst = { truth, said, numImages };
    }
  }
  return { numImages: rowTotals.reduce((sum, total) => sum + total, 0), numCorrect, rowTotals, worst };
}
