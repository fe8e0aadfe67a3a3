import type { EpochReport } from '../../contract/run.ts';

const [WIDTH, HEIGHT, LEFT, TOP] = [300, 160, 44, 28];

/** Curves of accuracy and loss over all epochs as a drawing of its own: training solid, validation dashed, a line where fine-tuning begins. */
export function curvesSvg(epochs: readonly EpochReport[]): string {
  const losses = epochs.flatMap(({ loss, validationLoss }) => [loss, validationLoss]).filter(Number.isFinite);
  const panels = [
    panel('Accuracy', epochs, 'accuracy', 'validationAccuracy', 1, (value) => `${Math.round(value * 100)} %`),
    panel('Loss', epochs, 'loss', 'validationLoss', Math.max(1e-9, ...losses), (value) => value.toPrecision(2)),
  ];
  const width = 2 * (WIDTH + LEFT) + 36;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT + TOP + 40}" width="${width}" role="img" aria-label="Accuracy and loss by epoch; training solid, validation dashed">
<style>
svg { background: #fff; color: #1b211d; font: 11px system-ui, sans-serif }
text { fill: currentColor } .axis { stroke: #868f88; fill: none } .curve { stroke: #0072b2; stroke-width: 2; fill: none }
.validation { stroke-dasharray: 5 3 } .phase { stroke: #b45309; stroke-dasharray: 2 3 }
@media (prefers-color-scheme: dark) { svg { background: #1a1e1b; color: #e7ece8 } .curve { stroke: #56b4e9 } .phase { stroke: #f0a955 } }
</style>
${panels.map((drawn, index) => `<g transform="translate(${LEFT + index * (WIDTH + LEFT + 24)} ${TOP})">${drawn}</g>`).join('\n')}
</svg>
`;
}

type Measure = 'accuracy' | 'validationAccuracy' | 'loss' | 'validationLoss';

function panel(
  title: string,
  epochs: readonly EpochReport[],
  train: Measure,
  validation: Measure,
  most: number,
  words: (value: number) => string,
): string {
  const x = (index: number): string => ((index * WIDTH) / Math.max(1, epochs.length - 1)).toFixed(1);
  const y = (value: number): string => (HEIGHT * (1 - value / most)).toFixed(1);
  const curve = (measure: Measure, name: string): string => {
    const points = epochs
      .map((epoch, index) => [index, epoch[measure]] as const)
      .filter(([, value]) => Number.isFinite(value))
      .map(([index, value]) => `${x(index)},${y(value)}`);
    return `<polyline class="curve ${name}" points="${points.join(' ')}"/>`;
  };
  const begin = epochs.findIndex(({ phase }) => phase === 'fine-tune');
  return [
    `<text x="0" y="-10" font-weight="600">${title}</text>`,
    `<path class="axis" d="M0 0V${HEIGHT}H${WIDTH}"/>`,
    `<text x="-6" y="4" text-anchor="end">${words(most)}</text><text x="-6" y="${HEIGHT}" text-anchor="end">${words(0)}</text>`,
    `<text x="0" y="${HEIGHT + 16}">1</text><text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${epochs.length}</text>`,
    ...(begin > 0 ? [`<path class="phase" d="M${x(begin)} 0V${HEIGHT}"/>`] : []),
    curve(train, 'train'),
    curve(validation, 'validation'),
  ].join('');
}
