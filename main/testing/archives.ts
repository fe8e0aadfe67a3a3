import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a ZIP, honest where nothing else is asked for. */
export interface ZipEntrySpec {
  name: string | Buffer;
  content?: Buffer | string;
  isStored?: boolean;
  /** Unix mode with its type, as `0o120777` of a link. */
  mode?: number;
  flags?: number;
  method?: number;
  /** What the headers say instead of the truth. */
  declaredSize?: number;
  declaredPackedSize?: number;
  declaredCrc?: number;
  /** Where the directory says that it begins, instead of where it does; -1 for where the entry before does. */
  offset?: number;
  centralExtra?: Buffer;
  localExtra?: Buffer;
  mtime?: Date;
}

export interface ZipSpec {
  disk?: number;
  numEntries?: number;
  zip64?: boolean;
}

/** A ZIP by hand, lies and all. */
export function zipOf(entries: readonly ZipEntrySpec[], spec: ZipSpec = {}): Buffer {
  const pieces: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  let before = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const packed = entry.isStored ? content : deflateRawSync(content);
    const name = Buffer.from(entry.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.flags ?? (typeof entry.name === 'string' ? 0x800 : 0), 2);
    common.writeUInt16LE(entry.method ?? (entry.isStored ? 0 : 8), 4);
    const date = entry.mtime ?? new Date(2020, 4, 17, 12, 30, 8);
    common.writeUInt16LE((date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1), 6);
    common.writeUInt16LE(((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate(), 8);
    common.writeUInt32LE(entry.declaredCrc ?? crc32(content), 10);
    common.writeUInt32LE(entry.declaredPackedSize ?? packed.length, 14);
    common.writeUInt32LE(entry.declaredSize ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const localExtra = entry.localExtra ?? Buffer.alloc(0);
    const centralExtra = entry.centralExtra ?? Buffer.alloc(0);
    common.writeUInt16LE(localExtra.length, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, localExtra, packed]);
    const offset = entry.offset === undefined ? at : entry.offset < 0 ? before : entry.offset;
    common.writeUInt16LE(centralExtra.length, 24);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, name, centralExtra);
    pieces.push(local);
    before = at;
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const numEntries = spec.numEntries ?? entries.length;
  if (spec.zip64) pieces.push(directory, zip64End(numEntries, directory.length, at));
  else pieces.push(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(spec.disk ?? 0, 4);
  end.writeUInt16LE(spec.zip64 ? 0xffff : numEntries & 0xffff, 8);
  end.writeUInt16LE(spec.zip64 ? 0xffff : numEntries & 0xffff, 10);
  end.writeUInt32LE(spec.zip64 ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(spec.zip64 ? 0xffffffff : at, 16);
  return Buffer.concat([...pieces, end]);
}

function zip64End(numEntries: number, directoryBytes: number, directoryStart: number): Buffer {
  const end = Buffer.alloc(56);
  end.write('PK\x06\x06', 'latin1');
  end.writeBigUInt64LE(44n, 4);
  end.writeBigUInt64LE(BigInt(numEntries), 24);
  end.writeBigUInt64LE(BigInt(numEntries), 32);
  end.writeBigUInt64LE(BigInt(directoryBytes), 40);
  end.writeBigUInt64LE(BigInt(directoryStart), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(directoryStart + directoryBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end, locator]);
}

/** One entry of a TAR, honest where nothing else is asked for. */
export interface TarEntrySpec {
  name: string | Buffer;
  content?: Buffer | string;
  /** `0` a file, `5` a folder, `2` a link, `L` a long name of the next. */
  type?: string;
  prefix?: string;
  /** The twelve bytes of the size instead of the truth. */
  sizeField?: Buffer | string;
  /** Twelve bytes. */
  mtimeField?: Buffer | string;
  linkName?: string;
  isGnu?: boolean;
  hasWrongChecksum?: boolean;
}

/** A TAR by hand with the two blocks of zeros at its end. */
export function tarOf(entries: readonly TarEntrySpec[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1024)]);
}

/** Header and content of one entry, filled to whole blocks. */
export function tarEntry(entry: TarEntrySpec): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const header = Buffer.alloc(512);
  header.set(Buffer.from(entry.name).subarray(0, 100), 0);
  header.write('0000644\0' + '0001750\0' + '0001750\0', 100, 'latin1');
  header.set(numberField(entry.sizeField ?? content.length), 124);
  header.set(numberField(entry.mtimeField ?? 1_600_000_000), 136);
  header.write(entry.type ?? '0', 156, 'latin1');
  header.write(entry.linkName ?? '', 157, 'latin1');
  header.write(entry.isGnu ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1');
  header.write(entry.prefix ?? '', 345, 'utf8');
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, entry.hasWrongChecksum ? 1 : 0);
  header.write(sum.toString(8).padStart(6, '0') + '\0 ', 148, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function numberField(field: number | string | Buffer): Buffer {
  if (typeof field === 'object') return field;
  return Buffer.from(typeof field === 'string' ? field : field.toString(8).padStart(11, '0') + '\0', 'latin1');
}

/** A pax header for the entry that follows. */
export function paxEntry(records: Readonly<Record<string, string>>): TarEntrySpec {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    let length = bytes + String(bytes).length;
    length = bytes + String(length).length; // the digits count themselves
    return `${length}${rest}`;
  });
  return { name: 'PaxHeaders/x', type: 'x', content: lines.join('') };
}
