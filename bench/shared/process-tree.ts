import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** How often resident sizes are added up. */
const SAMPLE_EVERY_MS = 100;
/** Bytes of a page in Linux's /proc: 4 KiB on every machine Graft has a build for. */
const PAGE_BYTES = 4096;

interface ProcessRow {
  pid: number;
  parentPid: number;
  residentBytes: number;
  command: string;
}

/** Adds up the resident sizes of a process tree until it is told to stop. */
export interface MemoryWatch {
  /** @returns highest sum in bytes; null where this system does not tell */
  stop(): number | null;
}

/**
 * Samples the resident sizes of a process and all below it every 100 ms.
 *
 * @param isTop which process of the tree is the backend's: it and what it started count, what started it (npm, a shell)
 *   does not. By default the whole tree.
 */
export function watchMemory(rootPid: number, isTop: (command: string) => boolean = () => true): MemoryWatch {
  let highest = 0;
  const sample = () => {
    const rows = descendants(processes(), rootPid);
    const top = rows.find((row) => isTop(row.command));
    if (!top) return;
    const sum = descendants(rows, top.pid).reduce((bytes, row) => bytes + row.residentBytes, 0);
    highest = Math.max(highest, sum);
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  sample();
  return {
    stop: () => {
      clearInterval(timer);
      return highest > 0 ? highest : null;
    },
  };
}

/** A process and all below it, parents before children. */
function descendants(rows: readonly ProcessRow[], rootPid: number): ProcessRow[] {
  const found = rows.filter((row) => row.pid === rootPid);
  for (let i = 0; i < found.length; i++) found.push(...rows.filter((row) => row.parentPid === found[i]!.pid));
  return found;
}

function processes(): ProcessRow[] {
  if (process.platform === 'linux') return linuxProcesses();
  if (process.platform === 'win32') return []; // asking takes longer than a sample may
  const text = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' });
  return text.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    if (!parts) return [];
    return [
      { pid: +parts[1]!, parentPid: +parts[2]!, residentBytes: 1024 * +parts[3]!, command: parts[4]! }, // ps: KiB
    ];
  });
}

/** @see proc(5): /proc/PID/stat and /proc/PID/statm */
function linuxProcesses(): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold spaces
      const residentPages = Number(readFileSync(`/proc/${name}/statm`, 'latin1').split(' ')[1]);
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      rows.push({ pid: +name, parentPid: Number(afterName[1]), residentBytes: PAGE_BYTES * residentPages, command });
    } catch {
      // ended while it was read
    }
  }
  return rows;
}
