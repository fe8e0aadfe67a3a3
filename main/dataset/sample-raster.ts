/** Red, green, blue, 0..255. */
export type Colour = readonly [number, number, number];
export type MutableColour = [number, number, number];
/** Signed distance to a shape's edge in its own units, negative inside. */
export type Distance = (x: number, y: number) => number;

/** A place to draw in: where a shape's (0, 0) lies in pixels, how many pixels its unit has, and how far it is turned. */
export interface Frame {
  x: number;
  y: number;
  scale: number;
  /** Radians, clockwise. */
  turn: number;
}

export interface Paint {
  colour: Colour;
  /** 0..1. */
  opacity?: number;
  /** Pixels over which an edge fades; 1 is a sharp, smooth edge. */
  softness?: number;
  /** How strongly light from above rounds the shape, 0..1. */
  relief?: number;
  /** How strongly fur shows, 0..1. */
  fur?: number;
}

const textureSide = 256;

/** Pixels under the brush: float RGB 0..255, shape [side, side, 3]. Edges are smoothed by distance. */
export class Canvas {
  readonly side: number;
  readonly pixels: Float32Array;
  readonly #texture: Float32Array;

  /** @param texture values around 0, shape [256, 256], repeated; see `furTexture`. */
  constructor(side: number, texture: Float32Array) {
    this.side = side;
    this.pixels = new Float32Array(side * side * 3);
    this.#texture = texture;
  }

  /** Gives every pixel a colour, which `setColour` writes: an array for each would take longer than its numbers. */
  fillAll(setColour: (colour: MutableColour, x: number, y: number) => void): void {
    const colour: MutableColour = [0, 0, 0];
    for (let y = 0, at = 0; y < this.side; y++) {
      for (let x = 0; x < this.side; x++, at += 3) {
        setColour(colour, x / this.side, y / this.side);
        this.pixels[at] = colour[0];
        this.pixels[at + 1] = colour[1];
        this.pixels[at + 2] = colour[2];
      }
    }
  }

  /**
   * Fills a shape.
   *
   * @param box [left, top, right, bottom] around it, in the frame's units.
   * @param clip where given, only its inside is painted.
   */
  fill(
    frame: Frame,
    box: readonly [number, number, number, number],
    distance: Distance,
    paint: Paint,
    clip?: Distance,
  ): void {
    const { side, pixels } = this;
    const { scale } = frame;
    const { colour, opacity = 1, softness = 1, relief = 0, fur = 0 } = paint;
    const cos = Math.cos(frame.turn);
    const sin = Math.sin(frame.turn);
    const xs: number[] = [];
    const ys: number[] = [];
    for (const [x, y] of [
      [box[0], box[1]],
      [box[2], box[1]],
      [box[0], box[3]],
      [box[2], box[3]],
    ] as const) {
      xs.push(frame.x + (x * cos - y * sin) * scale);
      ys.push(frame.y + (x * sin + y * cos) * scale);
    }
    const left = Math.max(0, Math.floor(Math.min(...xs) - softness - 1));
    const right = Math.min(side - 1, Math.ceil(Math.max(...xs) + softness + 1));
    const top = Math.max(0, Math.floor(Math.min(...ys) - softness - 1));
    const bottom = Math.min(side - 1, Math.ceil(Math.max(...ys) + softness + 1));
    const middleX = (box[0] + box[2]) / 2;
    const middleY = (box[1] + box[3]) / 2;
    const halfX = (box[2] - box[0]) / 2 || 1;
    const halfY = (box[3] - box[1]) / 2 || 1;
    for (let py = top; py <= bottom; py++) {
      for (let px = left; px <= right; px++) {
        const dx = (px + 0.5 - frame.x) / scale;
        const dy = (py + 0.5 - frame.y) / scale;
        const x = dx * cos + dy * sin;
        const y = dy * cos - dx * sin;
        const pixelDistance = distance(x, y) * scale;
        let cover = 0.5 - pixelDistance / softness;
        if (cover <= 0) continue;
        if (cover > 1) cover = 1;
        if (clip) cover *= Math.min(1, Math.max(0, 0.5 - clip(x, y) * scale));
        cover *= opacity;
        if (cover <= 0) continue;
        let light = 1;
        if (relief > 0) {
          light += relief * (-0.3 * ((y - middleY) / halfY) - 0.12 * ((x - middleX) / halfX));
          const rim = 1 + pixelDistance / (0.16 * scale); // 0 inside, 1 at the edge
          if (rim > 0) light -= relief * 0.22 * rim * rim;
        }
        if (fur > 0) light += fur * this.#texture[(py % textureSide) * textureSide + (px % textureSide)]!;
        const at = (py * side + px) * 3;
        for (let c = 0; c < 3; c++) pixels[at + c] = pixels[at + c]! * (1 - cover) + colour[c]! * light * cover;
      }
    }
  }

  ellipse(frame: Frame, x: number, y: number, rx: number, ry: number, paint: Paint, clip?: Distance): void {
    this.fill(frame, [x - rx, y - ry, x + rx, y + ry], ellipse(x, y, rx, ry), paint, clip);
  }

  /** A stroke through points, its width going from `from` to `to`. */
  stroke(
    frame: Frame,
    points: readonly (readonly [number, number])[],
    from: number,
    to: number,
    paint: Paint,
    clip?: Distance,
  ): void {
    const widest = Math.max(from, to);
    const xs = points.map((point) => point[0]);
    const ys = points.map((point) => point[1]);
    const box = [
      Math.min(...xs) - widest,
      Math.min(...ys) - widest,
      Math.max(...xs) + widest,
      Math.max(...ys) + widest,
    ] as const;
    this.fill(frame, box, strokeOf(points, from, to), paint, clip);
  }

  polygon(
    frame: Frame,
    points: readonly (readonly [number, number])[],
    round: number,
    paint: Paint,
    clip?: Distance,
  ): void {
    const xs = points.map((point) => point[0]);
    const ys = points.map((point) => point[1]);
    const box = [
      Math.min(...xs) - round,
      Math.min(...ys) - round,
      Math.max(...xs) + round,
      Math.max(...ys) + round,
    ] as const;
    this.fill(frame, box, polygon(points, round), paint, clip);
  }

  /** The pixels as RGB, uint8, shape [side, side, 3], after exposure, a darker rim and grain. */
  develop(exposure: number, vignette: number, grain: number, noise: () => number): Uint8Array {
    const { side, pixels } = this;
    const result = new Uint8Array(pixels.length);
    for (let y = 0, at = 0; y < side; y++) {
      for (let x = 0; x < side; x++, at += 3) {
        const dx = (x / side - 0.5) * 2;
        const dy = (y / side - 0.5) * 2;
        const light = exposure * (1 - vignette * (dx * dx + dy * dy) * 0.5);
        const speck = grain * (noise() + noise() - 1);
        for (let c = 0; c < 3; c++) result[at + c] = Math.min(255, Math.max(0, pixels[at + c]! * light + speck));
      }
    }
    return result;
  }
}

/** Approximate, exact at the edge. @see https://iquilezles.org/articles/ellipsoids */
export function ellipse(cx: number, cy: number, rx: number, ry: number): Distance {
  return (x, y) => {
    const ux = (x - cx) / rx;
    const uy = (y - cy) / ry;
    const k = Math.sqrt(ux * ux + uy * uy);
    if (k < 1e-6) return -Math.min(rx, ry);
    const vx = ux / rx;
    const vy = uy / ry;
    return (k * (k - 1)) / Math.sqrt(vx * vx + vy * vy);
  };
}

/** @see https://iquilezles.org/articles/distfunctions2d */
export function polygon(points: readonly (readonly [number, number])[], round: number): Distance {
  const edges = new Float64Array(points.length * 6); // x, y, dx, dy, length², y of the end of each edge
  for (const [i, [ax, ay]] of points.entries()) {
    const [bx, by] = points[(i + points.length - 1) % points.length]!;
    const [ex, ey] = [bx - ax, by - ay];
    edges.set([ax, ay, ex, ey, ex * ex + ey * ey, by], i * 6);
  }
  return (x, y) => {
    let squared = Infinity;
    let isInside = false;
    for (let at = 0; at < edges.length; at += 6) {
      const ay = edges[at + 1]!;
      const ex = edges[at + 2]!;
      const ey = edges[at + 3]!;
      const wx = x - edges[at]!;
      const wy = y - ay;
      let t = (wx * ex + wy * ey) / edges[at + 4]!;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const fx = wx - ex * t;
      const fy = wy - ey * t;
      const distance = fx * fx + fy * fy;
      if (distance < squared) squared = distance;
      if (ay > y !== edges[at + 5]! > y && x < (ex * wy) / ey + edges[at]!) isInside = !isInside;
    }
    return (isInside ? -1 : 1) * Math.sqrt(squared) - round;
  };
}

function strokeOf(points: readonly (readonly [number, number])[], from: number, to: number): Distance {
  const numParts = points.length - 1;
  const widest = Math.max(from, to);
  const parts = new Float64Array(numParts * 5); // x, y, dx, dy, 1 / length² of each part
  for (let i = 0; i < numParts; i++) {
    const [ax, ay] = points[i]!;
    const dx = points[i + 1]![0] - ax;
    const dy = points[i + 1]![1] - ay;
    parts.set([ax, ay, dx, dy, 1 / (dx * dx + dy * dy || 1)], i * 5);
  }
  return (x, y) => {
    let best = 1e9;
    for (let i = 0, at = 0; i < numParts; i++, at += 5) {
      const wx = x - parts[at]!;
      const wy = y - parts[at + 1]!;
      const dx = parts[at + 2]!;
      const dy = parts[at + 3]!;
      let t = (wx * dx + wy * dy) * parts[at + 4]!;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const ex = wx - dx * t;
      const ey = wy - dy * t;
      const squared = ex * ex + ey * ey;
      const limit = best + widest; // farther away, this part cannot be the nearest
      if (limit < 0 || squared >= limit * limit) continue;
      const distance = Math.sqrt(squared) - (from + ((to - from) * (i + t)) / numParts);
      if (distance < best) best = distance;
    }
    return best;
  };
}

/** Points along a cubic Bézier curve, ends included. */
export function curve(
  a: readonly [number, number],
  b: readonly [number, number],
  c: readonly [number, number],
  d: readonly [number, number],
  numParts = 10,
): [number, number][] {
  return Array.from({ length: numParts + 1 }, (_, i) => {
    const t = i / numParts;
    const s = 1 - t;
    const at = (k: 0 | 1): number => s * s * s * a[k] + 3 * s * s * t * b[k] + 3 * s * t * t * c[k] + t * t * t * d[k];
    return [at(0), at(1)];
  });
}

/** Soft streaks around 0, shape [256, 256], that repeat without a seam. */
export function furTexture(next: () => number): Float32Array {
  const side = textureSide;
  const texture = new Float32Array(side * side);
  const raw = Float32Array.from({ length: side * side }, () => next() * 2 - 1);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let k = -4; k <= 4; k++) sum += raw[((y + k + side) % side) * side + ((x + (k >> 1) + side) % side)]!; // hair hangs
      texture[y * side + x] = sum / 5;
    }
  }
  return texture;
}

/** A colour between two. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  const colour: MutableColour = [0, 0, 0];
  setMix(colour, a, b, share);
  return colour;
}

/** Makes a colour one between two. */
export function setMix(colour: MutableColour, a: Colour, b: Colour, share: number): void {
  colour[0] = a[0] + (b[0] - a[0]) * share;
  colour[1] = a[1] + (b[1] - a[1]) * share;
  colour[2] = a[2] + (b[2] - a[2]) * share;
}
