import type { ChartConfiguration, ChartDataset } from 'chart.js';
import type { EpochReport, HeadKind } from '../../contract/run.ts';
import type { ChartColors } from './colors.ts';
import { accuracyFloor, lossCeiling, ticks } from './scale.ts';

export type Metric = 'accuracy' | 'loss';
export type Part = 'train' | 'validation';
export type CurvePoint = { x: number; y: number };
export type CurveConfiguration = ChartConfiguration<'line', CurvePoint[]>;

/** The curves of one run. `shape` tells runs with the same head apart, since colour alone must not. */
export interface RunCurves {
  name: string;
  head: HeadKind;
  epochs: readonly EpochReport[];
  parts: readonly Part[];
  shape: 'circle' | 'rect' | 'triangle' | 'rectRot' | 'crossRot' | 'star';
  /** Epoch to mark: the one whose weights were kept, or the best so far. */
  markedEpoch: number | null;
  /** Where fine-tuning begins on the axis of epochs; null: nowhere. */
  boundary?: number | null;
}

export interface CurveChart {
  metric: Metric;
  runs: readonly RunCurves[];
  /** Epochs of the recipe: the right end of the axis, before the first epoch as after the last. */
  numEpochs: number;
  format: (value: number) => string;
  /** Points are drawn at each epoch when runs need telling apart. */
  hasPoints: boolean;
}

/** The value of one epoch that a curve shows. */
export function valueOf(epoch: EpochReport, metric: Metric, part: Part): number {
  if (metric === 'accuracy') return part === 'train' ? epoch.accuracy : epoch.validationAccuracy;
  return part === 'train' ? epoch.loss : epoch.validationLoss;
}

/** Epoch with the lowest validation loss; the first of equals; null before there is one. */
export function bestEpoch(epochs: readonly EpochReport[]): number | null {
  const finite = epochs.filter((epoch) => Number.isFinite(epoch.validationLoss));
  const [first] = finite;
  if (first === undefined) return null;
  return finite.reduce((best, epoch) => (epoch.validationLoss < best.validationLoss ? epoch : best), first).epoch;
}

function curve(run: RunCurves, chart: CurveChart, part: Part, colors: ChartColors): ChartDataset<'line', CurvePoint[]> {
  const color = colors[run.head];
  const finite = run.epochs.filter((epoch) => Number.isFinite(valueOf(epoch, chart.metric, part)));
  const isMarked = finite.map((epoch) => part === 'validation' && epoch.epoch === run.markedEpoch);
  const plain = chart.hasPoints ? 3 : finite.length === 1 ? 3 : 0;
  return {
    label: `${run.name} ${part}`,
    data: finite.map((epoch) => ({ x: epoch.epoch, y: valueOf(epoch, chart.metric, part) })),
    borderColor: color,
    borderWidth: 2,
    borderDash: part === 'validation' ? [5, 4] : [],
    borderJoinStyle: 'round',
    pointStyle: run.shape,
    pointRadius: isMarked.map((marked) => (marked ? 5 : plain)),
    pointBackgroundColor: isMarked.map((marked) => (marked ? colors.surface : color)),
    pointBorderColor: color,
    pointBorderWidth: isMarked.map((marked) => (marked ? 2 : 1)),
    clip: 8,
  };
}

/** A line up and down where fine-tuning begins. */
function boundaryLine(x: number, min: number, max: number, colors: ChartColors): ChartDataset<'line', CurvePoint[]> {
  const data = [min, max].map((y) => ({ x, y }));
  return { label: 'fine-tune', data, borderColor: colors.dim, borderWidth: 1, borderDash: [2, 3], pointRadius: 0 };
}

/** Accuracy or loss by epoch: train solid, validation dashed, GAP blue, Flatten orange. */
export function curveChart(chart: CurveChart, colors: ChartColors): CurveConfiguration {
  const values = chart.runs.flatMap((run) =>
    run.parts.flatMap((part) => run.epochs.map((epoch) => valueOf(epoch, chart.metric, part))),
  );
  const min = chart.metric === 'loss' || values.length === 0 ? 0 : accuracyFloor(values);
  const max = chart.metric === 'loss' ? lossCeiling(values) : 1;
  const last = Math.max(2, chart.numEpochs);
  const font = { family: colors.fontFamily, size: 12 };
  return {
    type: 'line',
    data: {
      datasets: [
        ...chart.runs.flatMap((run) => run.parts.map((part) => curve(run, chart, part, colors))),
        ...chart.runs.flatMap(({ boundary }) =>
          typeof boundary === 'number' ? [boundaryLine(boundary, min, max, colors)] : [],
        ),
      ],
    },
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      layout: { padding: { top: 8, right: 8 } },
      scales: {
        x: {
          type: 'linear',
          min: 1,
          max: last,
          border: { color: colors.line },
          grid: { display: false },
          ticks: { color: colors.dim, font, maxRotation: 0, align: 'inner' },
          afterBuildTicks: (axis) => {
            axis.ticks = epochTicks(last).map((value) => ({ value }));
          },
        },
        y: {
          type: 'linear',
          min,
          max,
          border: { display: false },
          grid: { color: colors.line, tickLength: 0 },
          ticks: { color: colors.dim, font, padding: 8, callback: (value) => chart.format(Number(value)) },
          afterBuildTicks: (axis) => {
            axis.ticks = ticks(min, max, 5).map((value) => ({ value }));
          },
          // The labels of an axis that fills must not push the curves aside.
          afterFit: (axis) => {
            axis.width = Math.max(axis.width, 52);
          },
        },
      },
    },
  };
}

/** Every epoch where there are few; else first and last and round numbers between, never so near to an end that labels touch. */
export function epochTicks(last: number): number[] {
  if (last <= 12) return Array.from({ length: last }, (_, i) => i + 1);
  const inner = ticks(1, last, 6).filter((tick) => Number.isInteger(tick) && tick > 1 && tick < last);
  return [1, ...inner.filter((tick) => last - tick > last * 0.12 && tick - 1 > last * 0.12), last];
}
