import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Bytes of a known number that are made when their turn to be written comes, so that a model never lies in memory twice. */
export interface LazyBytes {
  sizeBytes: number;
  make(): Uint8Array;
}

/** A whole message: how long it is, and its bytes piece by piece. */
export class EncodedMessage {
  readonly sizeBytes: number;
  readonly #parts: readonly (Uint8Array | LazyBytes)[];

  constructor(parts: readonly (Uint8Array | LazyBytes)[]) {
    this.#parts = parts;
    this.sizeBytes = sizeOf(parts);
  }

  /** All pieces in their order; large ones are made one at a time. */
  *pieces(): Generator<Uint8Array> {
    for (const part of this.#parts) {
      const piece = part instanceof Uint8Array ? part : part.make();
      const expected = part instanceof Uint8Array ? piece.length : part.sizeBytes;
      if (piece.length !== expected) throw new Error(`${piece.length} bytes where ${expected} were announced`);
      yield piece;
    }
  }

  /** The same as one array. */
  get bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.sizeBytes);
    let offset = 0;
    for (const piece of this.pieces()) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    return bytes;
  }
}

/** Writes a protobuf message field by field, with large bytes left for later. */
export class MessageWriter {
  readonly #closed: (Uint8Array | LazyBytes)[] = [];
  readonly #open = new BinaryWriter();

  int(field: number, value: number): this {
    this.#open.tag(field, WireType.Varint).int64(value);
    return this;
  }

  /** Whole numbers in one field, packed. */
  ints(field: number, values: readonly number[]): this {
    this.#open.tag(field, WireType.LengthDelimited).fork();
    for (const value of values) this.#open.int64(value);
    this.#open.join();
    return this;
  }

  float(field: number, value: number): this {
    this.#open.tag(field, WireType.Bit32).float(value);
    return this;
  }

  text(field: number, value: string): this {
    this.#open.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  /** Bytes that are made when they are written. */
  later(field: number, bytes: LazyBytes): this {
    this.#open.tag(field, WireType.LengthDelimited).uint32(bytes.sizeBytes);
    this.#take([bytes]);
    return this;
  }

  message(field: number, write: (inner: MessageWriter) => void): this {
    const inner = new MessageWriter();
    write(inner);
    const parts = inner.#close();
    this.#open.tag(field, WireType.LengthDelimited).uint32(sizeOf(parts));
    this.#take(parts);
    return this;
  }

  /** An entry of a map from names. Give them in one order always, so that the same map is the same bytes. */
  entry(field: number, key: string, write: (value: MessageWriter) => void): this {
    return this.message(field, (entry) => entry.text(1, key).message(2, write));
  }

  /** The message as it stands. */
  finish(): EncodedMessage {
    return new EncodedMessage(this.#close());
  }

  #take(parts: readonly (Uint8Array | LazyBytes)[]): void {
    for (const part of parts) {
      if (part instanceof Uint8Array) this.#open.raw(part);
      else this.#closed.push(this.#open.finish(), part);
    }
  }

  #close(): (Uint8Array | LazyBytes)[] {
    return [...this.#closed, this.#open.finish()];
  }
}

function sizeOf(parts: readonly (Uint8Array | LazyBytes)[]): number {
  return parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.length : part.sizeBytes), 0);
}
