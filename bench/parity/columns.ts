import type { ExportFormat } from '../../contract/model.ts';
import type { EnvironmentName } from '../peers/environment.ts';

/** One way to load what a format wrote. A new one is an entry here and, for Python, a loader in `answer.py` beside it. */
export interface Column {
  title: string;
  format: ExportFormat;
  /** Whose runtime answers: an environment with Python, or Graft's own reader. */
  by: EnvironmentName | 'graft';
}

/** The table of `npm run test:parity`, from left to right. */
export const columns: readonly Column[] = [
  { title: '.keras Graft', format: 'keras', by: 'graft' },
  { title: '.keras Keras 3', format: 'keras', by: 'keras3' },
  { title: '.h5 Graft', format: 'h5', by: 'graft' },
  { title: '.h5 Keras 3', format: 'h5', by: 'keras3' },
  { title: '.h5 tf.keras 2.15', format: 'h5', by: 'keras2' },
];
