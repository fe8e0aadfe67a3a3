import { ellipse, curve, mix, polygon, type Canvas, type Colour, type Frame } from './sample-raster.ts';
import type { SeededRandom } from './seeded.ts';

/** What one animal looks like. Colours are shared by both kinds, so that colour alone tells nothing. */
interface Coat {
  base: Colour;
  /** Muzzle, chest, paws. */
  pale: Colour;
  /** Ears, stripes, patches. */
  dark: Colour;
}

const coats: readonly Coat[] = [
  { base: [214, 142, 74], pale: [248, 226, 196], dark: [160, 88, 36] }, // ginger, golden
  { base: [150, 148, 146], pale: [232, 230, 226], dark: [88, 86, 88] }, // grey
  { base: [62, 58, 60], pale: [236, 232, 226], dark: [36, 34, 38] }, // black and white
  { base: [238, 230, 216], pale: [253, 250, 244], dark: [190, 160, 128] }, // cream
  { base: [140, 98, 66], pale: [226, 200, 170], dark: [84, 54, 34] }, // brown
  { base: [226, 202, 164], pale: [246, 236, 218], dark: [96, 72, 56] }, // fawn with dark points
  { base: [74, 56, 48], pale: [198, 140, 88], dark: [44, 34, 30] }, // black and tan
];
const pink: Colour = [232, 146, 142];
const ink: Colour = [34, 28, 28];
const white: Colour = [255, 255, 255];
const collars: readonly Colour[] = [
  [206, 56, 62],
  [48, 112, 190],
  [60, 150, 96],
  [232, 176, 52],
  [140, 84, 170],
];

const pick = <T>(random: SeededRandom, list: readonly T[]): T => list[random.int(list.length)]!;
const between = (random: SeededRandom, low: number, high: number): number => low + (high - low) * random.next();

/** How an animal stands in the picture: its head's frame (unit: about half a head) and whether its body shows. */
export interface Pose {
  head: Frame;
  isSitting: boolean;
}

/** Draws a cat: pointed ears, slit pupils, small nose, whiskers, long thin tail. */
export function drawCat(canvas: Canvas, random: SeededRandom, pose: Pose): void {
  const coat = pick(random, coats);
  const isTabby = random.next() < 0.55;
  const hasBib = random.next() < 0.5;
  const body: Frame = { ...pose.head, turn: pose.head.turn * 0.25 };
  const skin = { relief: 0.9, fur: 0.1 };
  const fur = { ...skin, colour: coat.base };
  const way = random.next() < 0.5 ? -1 : 1;

  if (pose.isSitting) {
    const sway = between(random, -0.3, 0.5);
    canvas.stroke(
      body,
      curve([0.75 * way, 3.0], [2.1 * way, 3.2], [2.2 * way, 1.8], [(1.5 + sway) * way, 1.0], 12),
      0.2,
      0.13,
      isTabby ? { ...fur, colour: mix(coat.base, coat.dark, 0.3) } : fur,
    );
    for (const s of [-1, 1])
      canvas.ellipse(body, 0.72 * s, 2.75, 0.62, 0.68, { ...fur, colour: mix(coat.base, coat.dark, 0.12) });
  }
  const torso = ellipse(0, 2.0, pose.isSitting ? 0.9 : 1.1, 1.5);
  canvas.fill(body, [-1.1, 0.5, 1.1, 3.5], torso, fur);
  if (isTabby) {
    for (let i = 0; i < 5; i++)
      for (const s of [-1, 1])
        canvas.stroke(
          body,
          curve(
            [1.1 * s, 1.2 + i * 0.42],
            [0.8 * s, 1.2 + i * 0.42],
            [0.65 * s, 1.3 + i * 0.42],
            [0.5 * s, 1.4 + i * 0.42],
            5,
          ),
          0.09,
          0.02,
          { colour: coat.dark, opacity: 0.75, fur: 0.1 },
          torso,
        );
  }
  if (hasBib) canvas.ellipse(body, 0, 1.6, 0.5, 0.85, { colour: coat.pale, softness: 6, fur: 0.1 }, torso);
  if (pose.isSitting) {
    for (const s of [-1, 1]) {
      canvas.stroke(
        body,
        [
          [0.34 * s, 2.0],
          [0.36 * s, 3.2],
        ],
        0.27,
        0.23,
        fur,
      );
      canvas.ellipse(body, 0.38 * s, 3.3, 0.3, 0.2, { ...skin, colour: hasBib ? coat.pale : coat.base });
    }
  }
  if (random.next() < 0.3) drawCollar(canvas, body, random, 0.72);

  // Ears first: the head lies over their feet.
  const lean = between(random, -0.06, 0.1);
  for (const s of [-1, 1]) {
    const ear: [number, number][] = [
      [0.94 * s, -0.18],
      [(0.86 + lean) * s, -1.32],
      [0.2 * s, -0.74],
    ];
    canvas.polygon(pose.head, ear, 0.06, { ...fur, colour: mix(coat.base, coat.dark, 0.35) });
    canvas.polygon(
      pose.head,
      [
        [0.8 * s, -0.4],
        [(0.8 + lean) * s, -1.08],
        [0.4 * s, -0.68],
      ],
      0.02,
      { colour: mix(pink, coat.base, 0.25), relief: 0.4, softness: 3 },
    );
  }
  for (const s of [-1, 1])
    canvas.polygon(
      pose.head,
      [
        [0.6 * s, 0.0],
        [1.14 * s, 0.34],
        [0.92 * s, 0.46],
        [1.0 * s, 0.62],
        [0.5 * s, 0.75],
      ],
      0.06,
      fur,
    );
  const face = ellipse(0, 0, 1.02, 0.88);
  canvas.fill(pose.head, [-1.02, -0.88, 1.02, 0.88], face, fur);
  if (isTabby) {
    const mark = { colour: coat.dark, opacity: 0.8, softness: 1.6, fur: 0.1 };
    for (const x of [-0.26, 0, 0.26])
      canvas.stroke(
        pose.head,
        [
          [x * 1.2, -0.9],
          [x * 0.8, -0.42],
        ],
        0.075,
        0.03,
        mark,
        face,
      );
    for (const s of [-1, 1])
      for (const y of [0.14, 0.36])
        canvas.stroke(
          pose.head,
          [
            [1.05 * s, y - 0.06],
            [0.62 * s, y + 0.04],
          ],
          0.06,
          0.02,
          mark,
          face,
        );
  } else if (random.next() < 0.4) {
    canvas.ellipse(
      pose.head,
      0.5 * way,
      -0.4,
      0.5,
      0.55,
      { colour: coat.dark, opacity: 0.9, softness: 3, fur: 0.1 },
      face,
    );
  }
  if (hasBib)
    canvas.polygon(
      pose.head,
      [
        [0, -0.5],
        [0.3, 0.3],
        [-0.3, 0.3],
      ],
      0.08,
      { colour: coat.pale, softness: 3, fur: 0.1 },
      face,
    );
  for (const s of [-1, 1])
    canvas.ellipse(pose.head, 0.19 * s, 0.43, 0.28, 0.22, { colour: coat.pale, relief: 0.5, fur: 0.06, softness: 2 });
  canvas.ellipse(pose.head, 0, 0.62, 0.2, 0.14, { colour: coat.pale, relief: 0.5, softness: 2 });

  const eyeColour = pick(random, [
    [150, 190, 72],
    [226, 176, 56],
    [110, 178, 214],
    [112, 170, 104],
  ] as const);
  const isDozing = random.next() < 0.1;
  const look = between(random, -0.05, 0.05);
  for (const s of [-1, 1])
    drawCatEye(canvas, pose.head, 0.42 * s, -0.06, s, look, eyeColour, isDozing, random.next() * 0.05);
  canvas.polygon(
    pose.head,
    [
      [-0.1, 0.22],
      [0.1, 0.22],
      [0, 0.33],
    ],
    0.035,
    { colour: mix(pink, ink, random.next() < 0.4 ? 0.55 : 0.05), relief: 0.5 },
  );
  const line = { colour: mix(ink, coat.dark, 0.3), opacity: 0.85 };
  canvas.stroke(
    pose.head,
    [
      [0, 0.34],
      [0, 0.45],
    ],
    0.02,
    0.02,
    line,
  );
  for (const s of [-1, 1])
    canvas.stroke(
      pose.head,
      curve([0, 0.45], [0.04 * s, 0.56], [0.22 * s, 0.58], [0.28 * s, 0.48], 6),
      0.022,
      0.014,
      line,
    );
  const isDarkCoat = coat.base[0] < 110;
  for (const s of [-1, 1]) {
    for (let i = 0; i < 3; i++) {
      const y = 0.36 + i * 0.09;
      const drop = (i - 1) * 0.2 + between(random, -0.05, 0.05);
      canvas.stroke(
        pose.head,
        curve([0.28 * s, y], [0.7 * s, y - 0.06 + drop * 0.4], [1.0 * s, y + drop * 0.7], [1.4 * s, y + drop], 6),
        0.016,
        0.006,
        { colour: isDarkCoat ? white : mix(white, coat.dark, 0.15), opacity: 0.85 },
      );
    }
  }
}

function drawCatEye(
  canvas: Canvas,
  head: Frame,
  x: number,
  y: number,
  side: number,
  look: number,
  colour: Colour,
  isDozing: boolean,
  slit: number,
): void {
  if (isDozing) {
    canvas.stroke(head, curve([x - 0.2, y], [x - 0.1, y + 0.12], [x + 0.1, y + 0.12], [x + 0.2, y], 6), 0.03, 0.03, {
      colour: ink,
    });
    return;
  }
  const almond = polygon(
    [
      [x - 0.21 * side, y + 0.04],
      [x - 0.09 * side, y - 0.11],
      [x + 0.08 * side, y - 0.13],
      [x + 0.22 * side, y - 0.05],
      [x + 0.12 * side, y + 0.08],
      [x - 0.05 * side, y + 0.14],
    ],
    0.05,
  );
  const box = [x - 0.3, y - 0.24, x + 0.3, y + 0.24] as const;
  canvas.fill(head, box, (px, py) => almond(px, py) - 0.035, { colour: ink });
  canvas.fill(head, box, almond, { colour, relief: -0.5 });
  canvas.ellipse(head, x + look, y, 0.06 + slit, 0.17, { colour: [16, 16, 18] }, almond);
  canvas.ellipse(head, x + look - 0.07, y - 0.08, 0.045, 0.045, { colour: white, opacity: 0.95 });
}

/** Draws a dog: hanging (or broad, pricked) ears, long snout with a large nose, round eyes, often a tongue, thicker tail. */
export function drawDog(canvas: Canvas, random: SeededRandom, pose: Pose): void {
  const coat = pick(random, coats);
  const isSpotted = random.next() < 0.25;
  const hasBib = random.next() < 0.55;
  const earKind = random.next() < 0.78 ? 'hanging' : 'pricked';
  const body: Frame = { ...pose.head, turn: pose.head.turn * 0.25 };
  const skin = { relief: 0.9, fur: 0.12 };
  const fur = { ...skin, colour: coat.base };
  const way = random.next() < 0.5 ? -1 : 1;
  const dark = mix(coat.base, coat.dark, 0.8);

  if (pose.isSitting) {
    const lift = between(random, -0.5, 0.4);
    canvas.stroke(
      body,
      curve([0.8 * way, 2.9], [1.5 * way, 2.9], [1.7 * way, 2.3 + lift], [1.5 * way, 1.8 + lift], 10),
      0.26,
      0.14,
      fur,
    );
    for (const s of [-1, 1])
      canvas.ellipse(body, 0.8 * s, 2.8, 0.62, 0.62, { ...fur, colour: mix(coat.base, coat.dark, 0.15) });
  }
  const torso = ellipse(0, 2.0, pose.isSitting ? 0.98 : 1.2, 1.5);
  canvas.fill(body, [-1.2, 0.5, 1.2, 3.5], torso, fur);
  if (isSpotted) drawSpots(canvas, body, random, torso, coat, 1.0, 1.2, 3.2);
  if (hasBib) canvas.ellipse(body, 0, 1.75, 0.56, 0.95, { colour: coat.pale, softness: 6, fur: 0.1 }, torso);
  if (pose.isSitting) {
    for (const s of [-1, 1]) {
      canvas.stroke(
        body,
        [
          [0.42 * s, 2.0],
          [0.44 * s, 3.2],
        ],
        0.32,
        0.28,
        fur,
      );
      canvas.ellipse(body, 0.46 * s, 3.3, 0.37, 0.23, { ...skin, colour: hasBib ? coat.pale : coat.base });
      for (const t of [-0.1, 0.1])
        canvas.stroke(
          body,
          [
            [0.46 * s + t, 3.3],
            [0.46 * s + t, 3.45],
          ],
          0.016,
          0.016,
          { colour: ink, opacity: 0.5 },
        );
    }
  }
  if (random.next() < 0.5) drawCollar(canvas, body, random, 0.86);

  if (earKind === 'pricked') {
    for (const s of [-1, 1]) {
      canvas.polygon(
        pose.head,
        [
          [0.84 * s, -0.3],
          [0.72 * s, -1.26],
          [0.2 * s, -0.72],
        ],
        0.12,
        { ...fur, colour: dark },
      );
      canvas.polygon(
        pose.head,
        [
          [0.68 * s, -0.5],
          [0.66 * s, -1.06],
          [0.4 * s, -0.7],
        ],
        0.04,
        { colour: mix(pink, coat.dark, 0.55), softness: 3 },
      );
    }
  }
  const long = between(random, 0.94, 1.06);
  const skull = ellipse(0, -0.16, 0.84, 0.8);
  canvas.ellipse(pose.head, 0, 0.34, 0.66, 0.62 * long, fur); // jaw
  canvas.fill(pose.head, [-0.84, -0.96, 0.84, 0.64], skull, fur);
  if (isSpotted) drawSpots(canvas, pose.head, random, skull, coat, 0.8, -0.8, 0.2);
  else if (random.next() < 0.4)
    canvas.ellipse(
      pose.head,
      0.4 * way,
      -0.2,
      0.34,
      0.42,
      { colour: random.next() < 0.5 ? coat.dark : coat.pale, softness: 3, opacity: 0.95, fur: 0.1 },
      skull,
    );
  if (hasBib)
    canvas.polygon(
      pose.head,
      [
        [0.05, -0.95],
        [0.16, 0.2],
        [-0.16, 0.2],
        [-0.05, -0.95],
      ],
      0.05,
      { colour: coat.pale, softness: 4, fur: 0.1 },
      skull,
    );

  if (random.next() < 0.55) {
    canvas.polygon(
      pose.head,
      [
        [-0.13, 0.72],
        [0.13, 0.72],
        [0.13, 1.02],
        [-0.13, 1.02],
      ],
      0.09,
      { colour: [226, 104, 116], relief: 0.7 },
    );
    canvas.stroke(
      pose.head,
      [
        [0, 0.74],
        [0, 1.0],
      ],
      0.018,
      0.01,
      { colour: [176, 66, 80], opacity: 0.7 },
    );
  }
  const snout = random.next() < 0.25 ? mix(coat.dark, coat.base, 0.25) : coat.pale;
  canvas.ellipse(pose.head, 0, 0.28, 0.36, 0.36, { colour: snout, softness: 5, fur: 0.08 });
  for (const s of [-1, 1])
    canvas.ellipse(pose.head, 0.21 * s, 0.52, 0.33, 0.3, { colour: snout, relief: 0.7, fur: 0.08, softness: 2 });
  const line = { colour: ink, opacity: 0.85 };
  canvas.stroke(
    pose.head,
    [
      [0, 0.36],
      [0, 0.62],
    ],
    0.022,
    0.022,
    line,
  );
  for (const s of [-1, 1])
    canvas.stroke(
      pose.head,
      curve([0, 0.62], [0.1 * s, 0.76], [0.32 * s, 0.76], [0.44 * s, 0.6], 6),
      0.028,
      0.016,
      line,
    );
  canvas.polygon(
    pose.head,
    [
      [-0.15, 0.17],
      [0.15, 0.17],
      [0.06, 0.32],
      [-0.06, 0.32],
    ],
    0.08,
    { colour: ink, relief: 0.3 },
  );
  canvas.ellipse(pose.head, -0.05, 0.14, 0.09, 0.035, { colour: white, opacity: 0.5, softness: 2 });
  for (const s of [-1, 1])
    for (let i = 0; i < 3; i++)
      canvas.ellipse(pose.head, (0.2 + 0.08 * i) * s, 0.5 + 0.06 * (i % 2), 0.015, 0.015, {
        colour: ink,
        opacity: 0.5,
      });

  const iris = pick(random, [
    [92, 54, 28],
    [60, 38, 24],
    [120, 78, 38],
  ] as const);
  const look = between(random, -0.03, 0.03);
  for (const s of [-1, 1]) {
    const x = 0.36 * s;
    const y = -0.12;
    canvas.ellipse(pose.head, x, y, 0.165, 0.16, { colour: ink });
    canvas.ellipse(pose.head, x + look, y, 0.125, 0.125, { colour: iris, relief: -0.6 });
    canvas.ellipse(pose.head, x + look, y, 0.075, 0.075, { colour: [14, 12, 12] });
    canvas.ellipse(pose.head, x + look - 0.05, y - 0.05, 0.042, 0.042, { colour: white, opacity: 0.95 });
    canvas.ellipse(pose.head, x - 0.02 * s, y - 0.27, 0.13, 0.055, {
      colour: mix(coat.base, coat.base[0] < 110 ? coat.pale : coat.dark, 0.45),
      softness: 3,
      opacity: 0.8,
    });
  }
  if (earKind === 'hanging') {
    const swing = between(random, -0.08, 0.14);
    const length = between(random, 0.3, 0.75);
    for (const s of [-1, 1]) {
      canvas.polygon(
        pose.head,
        [
          [0.5 * s, -0.78],
          [0.86 * s, -0.62],
          [(1.08 + swing) * s, 0.05],
          [(1.02 + swing) * s, length],
          [(0.84 + swing * 0.5) * s, length * 0.9],
          [0.74 * s, 0.0],
        ],
        0.1,
        { ...fur, colour: dark },
      );
    }
  }
}

function drawSpots(
  canvas: Canvas,
  frame: Frame,
  random: SeededRandom,
  clip: (x: number, y: number) => number,
  coat: Coat,
  reach: number,
  top: number,
  bottom: number,
): void {
  for (let i = 0; i < 9; i++) {
    const size = between(random, 0.08, 0.24);
    canvas.ellipse(
      frame,
      between(random, -reach, reach),
      between(random, top, bottom),
      size,
      size * between(random, 0.7, 1.1),
      { colour: coat.dark, opacity: 0.92, softness: 2, fur: 0.1 },
      clip,
    );
  }
}

function drawCollar(canvas: Canvas, frame: Frame, random: SeededRandom, width: number): void {
  const colour = pick(random, collars);
  canvas.stroke(frame, curve([-width, 0.78], [-width * 0.5, 1.12], [width * 0.5, 1.12], [width, 0.78], 10), 0.1, 0.1, {
    colour,
    relief: 0.5,
  });
  canvas.ellipse(frame, 0, 1.2, 0.13, 0.13, { colour: [240, 200, 90], relief: 0.8 });
}
