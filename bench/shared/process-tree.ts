import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** How often resident sizes are added up. */
const SAMPLE_EVERY_MS = 100;
/** How often the tree is looked at anew: listing all processes costs far more than a sample. */
const LIST_EVERY_MS = 1000;
/** Clock ticks a second in Linux's /proc, the same on every machine Graft has a build for. */
const TICKS_A_SECOND = 100;
/** Bytes of a page in Linux's /proc: 4 KiB on every machine Graft has a build for. */
const PAGE_BYTES = 4096;

interface ProcessRow {
  pid: number;
  parentPid: number;
  residentBytes: number;
  /** Processor time so far; null where the system does not tell. */
  cpuSeconds: number | null;
  command: string;
}

/** What a process tree used. */
export interface Usage {
  /** Highest sum of resident sizes; null where this system does not tell. */
  peakBytes: number | null;
  /** Processor time of all, those that ended included, to within a sample; null where this system does not tell. */
  cpuSeconds: number | null;
}
/** Watches a process tree until it is told to stop. */
export interface UsageWatch {
  stop(): Usage;
}

/**
 * Samples what a process and all below it use, every 100 ms.
 *
 * @param isTop which process of the tree is the backend's: it and what it started count, what started it (npm, a shell)
 *   does not. By default the whole tree.
 */
export function watchUsage(rootPid: number, isTop: (command: string) => boolean = () => true): UsageWatch {
  let highest = 0;
  let tree: ProcessRow[] = [];
  let listedAt = -Infinity;
  const cpuByPid = new Map<number, number>();
  const sample = () => {
    if (performance.now() - listedAt > LIST_EVERY_MS) {
      listedAt = performance.now();
      const rows = descendants(processes(), rootPid);
      const top = rows.find((row) => isTop(row.command));
      tree = top ? descendants(rows, top.pid) : [];
    } else if (process.platform === 'linux') {
      tree = tree.flatMap(({ pid }) => linuxProcess(pid) ?? []);
    }
    highest = Math.max(
      highest,
      tree.reduce((bytes, row) => bytes + row.residentBytes, 0),
    );
    for (const { pid, cpuSeconds } of tree) if (cpuSeconds !== null) cpuByPid.set(pid, cpuSeconds);
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  sample();
  return {
    stop: () => {
      clearInterval(timer);
      return {
        peakBytes: highest > 0 ? highest : null,
        cpuSeconds: cpuByPid.size > 0 ? [...cpuByPid.values()].reduce((a, b) => a + b, 0) : null,
      };
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
      {
        pid: +parts[1]!,
        parentPid: +parts[2]!,
        residentBytes: 1024 * +parts[3]!,
        cpuSeconds: null,
        command: parts[4]!,
      }, // ps: KiB
    ];
  });
}

function linuxProcesses(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => linuxProcess(Number(name)) ?? []);
}

/** Null when it has ended. @see proc(5): /proc/PID/stat and /proc/PID/statm */
function linuxProcess(pid: number): ProcessRow | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold spaces
    const residentPages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const cpuSeconds = (Number(afterName[11]) + Number(afterName[12])) / TICKS_A_SECOND; // utime, stime
    return { pid, parentPid: Number(afterName[1]), residentBytes: PAGE_BYTES * residentPages, cpuSeconds, command };
  } catch {
    return null;
  }
}
