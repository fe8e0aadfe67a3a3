import { mix, setMix, type Canvas, type Colour, type Frame } from './sample-raster.ts';
import type { SeededRandom } from './seeded.ts';

const pick = <T>(random: SeededRandom, list: readonly T[]): T => list[random.int(list.length)]!;
const between = (random: SeededRandom, low: number, high: number): number => low + (high - low) * random.next();
const walls: readonly Colour[] = [
  [236, 222, 202],
  [204, 220, 214],
  [216, 208, 228],
  [244, 214, 196],
  [196, 212, 232],
  [228, 226, 220],
  [120, 146, 150],
  [236, 200, 160],
];
const toys: readonly Colour[] = [
  [222, 84, 78],
  [72, 138, 206],
  [246, 196, 72],
  [96, 176, 120],
  [170, 112, 190],
];

/** Draws what is behind the animal: a room, a meadow, lights out of focus, or a pattern. */
export function drawBackground(canvas: Canvas, random: SeededRandom): void {
  pick(random, [drawRoom, drawMeadow, drawLights, drawPattern])(canvas, random);
}

/** Draws something in front of the animal, at the picture's edge: a ball, leaves or a blanket. */
export function drawForeground(canvas: Canvas, random: SeededRandom): void {
  const { side } = canvas;
  const left = random.next() < 0.5;
  const frame: Frame = {
    x: left ? side * 0.06 : side * 0.94,
    y: side * between(random, 0.8, 0.96),
    scale: side / 8,
    turn: 0,
  };
  const colour = pick(random, toys);
  switch (random.int(3)) {
    case 0:
      canvas.ellipse(frame, 0, 0, 1.3, 1.3, { colour, relief: 1 });
      canvas.stroke(
        frame,
        [
          [-1.2, -0.3],
          [0, 0.1],
          [1.2, -0.3],
        ],
        0.1,
        0.1,
        { colour: [250, 246, 238], opacity: 0.9 },
      );
      break;
    case 1:
      for (let i = 0; i < 5; i++) {
        const turn = (left ? -0.2 : -0.9) + i * 0.28;
        canvas.ellipse({ ...frame, turn }, 0, -1.3, 0.35, 1.4, {
          colour: mix([70, 140, 78], [120, 180, 90], random.next()),
          relief: 0.9,
        });
      }
      break;
    default: {
      const top = between(random, 0.84, 0.92) * side;
      canvas.fill(
        { x: 0, y: top, scale: side, turn: between(random, -0.08, 0.08) },
        [-0.2, 0, 1.2, 0.4],
        (x, y) => -y + 0.012 * Math.sin(x * 22),
        { colour, relief: 0.3, fur: 0.12 },
      );
    }
  }
}

function drawRoom(canvas: Canvas, random: SeededRandom): void {
  const { side } = canvas;
  const wall = pick(random, walls);
  const floor = pick(random, [
    [186, 146, 106],
    [160, 118, 84],
    [206, 190, 170],
    [132, 138, 148],
  ] as const);
  const edge = between(random, 0.6, 0.78);
  const board = between(random, 6, 14);
  const lit: Colour = [255, 252, 244];
  const far: Colour = [40, 30, 24];
  canvas.fillAll((colour, x, y) => {
    if (y < edge) return setMix(colour, wall, lit, (1 - x) * 0.25 * (1 - y));
    const seam = Math.abs((((x - 0.5) / (0.4 + y)) * board) % 1) < 0.05 ? 0.86 : 1;
    setMix(colour, floor, far, (1 - y) * 0.4);
    for (let c = 0; c < 3; c++) colour[c]! *= seam;
  });
  const page: Frame = { x: 0, y: 0, scale: side, turn: 0 };
  if (random.next() < 0.6) {
    const x = between(random, 0.05, 0.7);
    const y = between(random, 0.05, 0.2);
    const frame: [number, number][] = [
      [x, y],
      [x + 0.24, y],
      [x + 0.24, y + 0.28],
      [x, y + 0.28],
    ];
    canvas.polygon(page, frame, 0.012, { colour: [250, 248, 244], softness: 3 });
    canvas.polygon(
      page,
      [
        [x + 0.02, y + 0.02],
        [x + 0.22, y + 0.02],
        [x + 0.22, y + 0.26],
        [x + 0.02, y + 0.26],
      ],
      0,
      {
        colour: pick(random, [
          [170, 210, 236],
          [198, 220, 190],
          [240, 214, 190],
        ] as const),
        relief: 0.4,
        softness: 3,
      },
    );
  }
  if (random.next() < 0.5) {
    const x = random.next() < 0.5 ? 0.1 : 0.9;
    for (let i = 0; i < 7; i++)
      canvas.ellipse({ x: x * side, y: edge * side, scale: side, turn: -0.9 + i * 0.3 }, 0, -0.17, 0.03, 0.14, {
        colour: mix([62, 128, 84], [130, 184, 110], random.next()),
        relief: 0.8,
        softness: 3,
      });
    canvas.polygon(
      { x: x * side, y: edge * side, scale: side, turn: 0 },
      [
        [-0.07, 0],
        [0.07, 0],
        [0.05, 0.13],
        [-0.05, 0.13],
      ],
      0.01,
      { colour: [198, 112, 80], relief: 0.7, softness: 2 },
    );
  }
  if (random.next() < 0.5)
    canvas.ellipse(page, between(random, 0.05, 0.95), between(random, edge + 0.08, 0.96), 0.06, 0.06, {
      colour: pick(random, toys),
      relief: 1,
      softness: 2,
    });
}

function drawMeadow(canvas: Canvas, random: SeededRandom): void {
  const { side } = canvas;
  const top = pick(random, [
    [118, 182, 232],
    [160, 206, 236],
    [246, 196, 160],
    [176, 192, 206],
  ] as const);
  const horizon = between(random, 0.5, 0.72);
  const grass = mix([108, 168, 84], [156, 178, 92], random.next());
  const haze: Colour = [246, 246, 238];
  canvas.fillAll((colour, _, y) => setMix(colour, top, haze, Math.min(1, y / horizon)));
  const page: Frame = { x: 0, y: 0, scale: side, turn: 0 };
  for (let i = 0; i < 3; i++) {
    const x = random.next();
    const y = between(random, 0.06, 0.35);
    for (let k = 0; k < 3; k++)
      canvas.ellipse(page, x + (k - 1) * 0.07, y + (k % 2) * 0.015, 0.08, 0.04, {
        colour: [255, 255, 255],
        opacity: 0.6,
        softness: 8,
      });
  }
  canvas.ellipse(page, between(random, 0, 0.4), horizon + 0.16, 0.6, 0.26, {
    colour: mix(grass, top, 0.35),
    relief: 0.3,
    softness: 3,
  });
  canvas.ellipse(page, between(random, 0.7, 1.1), horizon + 0.2, 0.6, 0.3, {
    colour: mix(grass, top, 0.18),
    relief: 0.3,
    softness: 3,
  });
  canvas.fill(page, [0, horizon, 1, 1], (_, y) => horizon + 0.06 - y, { colour: grass, relief: 0.4, fur: 0.22 });
  for (let i = 0; i < 16; i++) {
    const y = between(random, horizon + 0.1, 1);
    canvas.ellipse(page, random.next(), y, 0.008 * (0.5 + y), 0.008 * (0.5 + y), {
      colour: pick(random, [
        [255, 255, 250],
        [250, 214, 90],
        [236, 130, 150],
      ] as const),
      softness: 2,
    });
  }
}

function drawLights(canvas: Canvas, random: SeededRandom): void {
  const from = pick(random, [
    [58, 74, 96],
    [96, 112, 84],
    [120, 84, 72],
    [88, 76, 110],
    [140, 150, 150],
  ] as const);
  const to = mix(from, [250, 220, 180], 0.5);
  canvas.fillAll((colour, x, y) => setMix(colour, from, to, (x + y) / 2));
  const page: Frame = { x: 0, y: 0, scale: canvas.side, turn: 0 };
  for (let i = 0; i < 18; i++) {
    const size = between(random, 0.02, 0.09);
    canvas.ellipse(page, random.next(), random.next(), size, size, {
      colour: mix(to, [255, 240, 200], random.next()),
      opacity: between(random, 0.15, 0.5),
      softness: between(random, 4, 10),
    });
  }
}

function drawPattern(canvas: Canvas, random: SeededRandom): void {
  const a = pick(random, walls);
  const b = mix(a, pick(random, toys), between(random, 0.15, 0.4));
  const turn = between(random, 0, Math.PI);
  const width = between(random, 5, 12);
  const isDots = random.next() < 0.4;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  canvas.fillAll((colour, x, y) => {
    const u = (x * cos + y * sin) * width;
    const v = (y * cos - x * sin) * width;
    const share = isDots
      ? 1 - Math.min(1, Math.max(0, (Math.hypot(u - Math.round(u), v - Math.round(v)) - 0.22) * 12))
      : Math.min(1, Math.max(0, Math.sin(u * 3) * 3 + 0.5));
    setMix(colour, a, b, share);
  });
}
