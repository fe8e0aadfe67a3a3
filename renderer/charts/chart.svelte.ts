import { Chart, LineController, LineElement, LinearScale, PointElement, type Plugin } from 'chart.js';
import type { Attachment } from 'svelte/attachments';
import { onThemeChange, readColors, type ChartColors } from './colors.ts';
import type { CurveConfiguration } from './curves.ts';

Chart.register(LineController, LineElement, LinearScale, PointElement); // nothing else of Chart.js is used

/** The epoch that the pointer or the arrow keys read, shared by charts that stand side by side. */
export interface Cursor {
  readonly epoch: number | null;
  /** Epochs that can be read: 1 to this. */
  readonly numEpochs: number;
  /** Vertical line with its words: the epoch whose weights are kept. */
  readonly mark: { epoch: number; label: string } | null;
  move(epoch: number | null): void;
}

type LineChart = Chart<'line', { x: number; y: number }[]>;

/** Draws the line of the cursor and the mark behind the curves. */
function cursorLines(cursor: Cursor | null, colors: () => ChartColors): Plugin<'line'> {
  const line = (chart: Chart<'line'>, epoch: number, color: string, dash: number[]): number => {
    const { ctx, chartArea, scales } = chart;
    const x = scales['x']?.getPixelForValue(epoch) ?? 0;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top);
    ctx.lineTo(x, chartArea.bottom);
    ctx.stroke();
    return x;
  };
  return {
    id: 'cursor',
    beforeDatasetsDraw(chart) {
      if (cursor === null) return;
      const { dim, text, fontFamily } = colors();
      chart.ctx.save();
      if (cursor.mark !== null) {
        const x = line(chart, cursor.mark.epoch, dim, [2, 3]);
        const isRight = x > (chart.chartArea.left + chart.chartArea.right) / 2;
        chart.ctx.fillStyle = dim;
        chart.ctx.font = `12px ${fontFamily}`;
        chart.ctx.textAlign = isRight ? 'right' : 'left';
        // Loss runs low where accuracy runs high: the words stand where the curves are not.
        const isLoss = chart.scales['y']?.min === 0 && chart.scales['y'].max !== 1;
        chart.ctx.textBaseline = isLoss ? 'top' : 'bottom';
        const y = isLoss ? chart.chartArea.top + 4 : chart.chartArea.bottom - 4;
        chart.ctx.fillText(cursor.mark.label, x + (isRight ? -4 : 4), y);
      }
      if (cursor.epoch !== null) line(chart, cursor.epoch, text, []);
      chart.ctx.restore();
    },
  };
}

/** The epoch nearest to the pointer. */
function epochAt(chart: LineChart, event: PointerEvent, numEpochs: number): number | null {
  const x = event.clientX - chart.canvas.getBoundingClientRect().left;
  const epoch = Math.round(chart.scales['x']?.getValueForPixel(x) ?? 1);
  return numEpochs === 0 ? null : Math.min(numEpochs, Math.max(1, epoch));
}

/** Moves the cursor by the pointer, and by the arrow keys where the canvas has the focus. */
function listen(canvas: HTMLCanvasElement, chart: LineChart, cursor: Cursor): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  canvas.addEventListener('pointermove', (event) => cursor.move(epochAt(chart, event, cursor.numEpochs)), { signal });
  canvas.addEventListener('pointerleave', () => cursor.move(null), { signal });
  canvas.addEventListener('blur', () => cursor.move(null), { signal });
  canvas.addEventListener(
    'keydown',
    (event) => {
      const from = cursor.epoch ?? cursor.numEpochs + 1;
      const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 1, End: cursor.numEpochs }[event.key];
      if (to === undefined || cursor.numEpochs === 0) return;
      event.preventDefault();
      cursor.move(Math.min(cursor.numEpochs, Math.max(1, to)));
    },
    { signal },
  );
  return () => ended.abort();
}

/** Draws a chart into the canvas and again when what its configuration reads changes: at most once a frame. */
export function chart(
  configure: (colors: ChartColors) => CurveConfiguration,
  cursor: Cursor | null = null,
): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    let themeChanges = $state(0);
    let colors = readColors(canvas);
    let drawn: LineChart | null = null;
    let frame = 0;
    const endTheme = onThemeChange(() => themeChanges++);
    let endInput = (): void => undefined;

    const draw = (configuration: CurveConfiguration): void => {
      if (drawn === null) {
        drawn = new Chart(canvas, { ...configuration, plugins: [cursorLines(cursor, () => colors)] });
        if (cursor !== null) endInput = listen(canvas, drawn, cursor);
        return;
      }
      drawn.data = configuration.data;
      if (configuration.options !== undefined) drawn.options = configuration.options;
      drawn.update('none');
    };

    $effect(() => {
      void themeChanges;
      void cursor?.epoch;
      void cursor?.mark;
      colors = readColors(canvas);
      const configuration = configure(colors);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => draw(configuration));
    });
    return () => {
      cancelAnimationFrame(frame);
      endTheme();
      endInput();
      drawn?.destroy();
    };
  };
}
