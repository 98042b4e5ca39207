// Everything that the file server remembers, as plain data, so that its host can be saved and restored.
//
//   disk      what the machine's folder was found to hold       survives a crash of the host
//   nodes     the guests' tree as far as it was walked           memory: lost in a crash
//   opens     one entry for each open file, by the port's tag    memory
//   late      answers that wait for the disk                     memory
//
// The tree is made from the disk lazily; what a guest writes lies over it in `chunks`.

import type { HostId, Message, OutsideEntry, PortUid, ServerContext } from "../ports/index.ts";

export interface FileServerConfig {
  /** Before the first byte of a file comes. */
  readonly diskSeekNs: number;
  readonly diskBytesPerSecond: number;
  /** Most bytes of a file in one message; clients loop. */
  readonly messageBytesMax: number;
  /** Files of the machine that guests see as `/mnt/NAME`. */
  readonly mounts: readonly { readonly name: string }[];
  /** The guests' time at virtual time 0. */
  readonly epochNs: number;
  /** What guests can write before the disk is full. Default: 1 GiB. */
  readonly writtenBytesMax?: number;
}

/** What was seen of the machine once, and therefore holds for the whole run. Null: not there. */
export interface Disk {
  readonly entries: Map<string, OutsideEntry | null>;
  readonly contents: Map<string, Uint8Array | null>;
}

interface NodeBase {
  /** The key in `nodes`: numbers in the order in which the tree was walked. */
  readonly inode: number;
  /** The only path that leads, or led, here without a link: there are no hard links. */
  path: string;
}

export interface DirectoryNode extends NodeBase {
  readonly kind: "directory";
  parent: number;
  /** Inode by name; 0 for a name that the disk lists and nobody has looked at. */
  readonly children: Map<string, number>;
  /** Nothing can be created here. */
  readonly sealed: boolean;
}

export interface FileNode extends NodeBase {
  readonly kind: "file";
  /** Where the disk has it, whatever it is called by now. */
  readonly diskPath: string;
  readonly mode: number;
  size: number;
  /**
   * So many bytes of the disk's file still count, where there is no chunk; what lies behind them
   * was cut off and is zero. Null: none, and the disk need not be looked at.
   */
  diskBytes: number | null;
  /** When the disk's bytes are in memory; null: nobody has asked for them. */
  residentAt: number | null;
  /** What guests wrote, by chunk number. */
  readonly chunks: Map<number, Uint8Array>;
}

export interface LinkNode extends NodeBase {
  readonly kind: "link";
  readonly target: string;
}

export interface DeviceNode extends NodeBase {
  readonly kind: "device";
  readonly device: "null" | "zero" | "full" | "tty";
}

export type Node = DirectoryNode | FileNode | LinkNode | DeviceNode;

export interface OpenFile {
  readonly tag: string;
  readonly inode: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly append: boolean;
  /**
   * Shared by all who hold the right: it lives here, so it needs no care when they move. Of a
   * directory: behind which entry the next list goes on (`listing.ts`).
   */
  offset: number;
  /** How many tasks have it: each closes it once. */
  holders: number;
  /** Null for the well-known port, which is never closed. */
  readonly port: PortUid | null;
}

export interface Claim {
  readonly control: PortUid;
  /** 0: a new claim; else of which grant the writer has brought it, and after how many moves. */
  readonly grant: number;
  readonly step: number;
}

export interface Flushing {
  /** By the control port of a kernel: how many answers are still to come. */
  readonly left: Map<PortUid, number>;
  /** What is said to those who have changed the file when all have come. */
  readonly answers: {
    readonly request: Message;
    readonly error: number;
    readonly value: number;
  }[];
}

export interface Showing {
  /** Control ports of kernels whose programs map it. */
  readonly kernels: Set<PortUid>;
  /** Mappings under way to a host with their tasks: gone from one, not come to the other; or the reverse. */
  readonly passing: Map<string, number>;
  /** Programs that were told how to map it, and whose kernels have not said that they do. */
  unsaid: number;
}

export interface Writer {
  readonly host: HostId;
  readonly incarnation: number;
  /** The control port of its kernel; null: its task has just come there, and has not said so yet. */
  readonly control: PortUid | null;
}

/** An answer that waits for the disk. */
export type Late =
  | { readonly send: "data"; readonly request: Message; readonly bytes: Uint8Array }
  | {
      readonly send: "pages";
      readonly control: PortUid;
      readonly inode: number;
      readonly page: number;
      readonly count: number;
    };

export interface FilesState {
  readonly disk: Disk;
  readonly nodes: Map<number, Node>;
  readonly opens: Map<string, OpenFile>;
  /** The port of each memory object, by inode. */
  readonly objects: Map<number, PortUid>;
  /** The control ports of kernels that were sent pages since the file last changed, by inode. */
  readonly caching: Map<number, Set<PortUid>>;
  /** Where programs map a file, by inode. */
  readonly showing: Map<number, Showing>;
  /** Changes of a file that not all kernels have heard of, by inode. */
  readonly flushing: Map<number, Flushing>;
  /** Which host writes a file through shared mappings, by inode. */
  readonly writers: Map<number, Writer>;
  /** The last grant of a file to a writer, and how often that has changed hosts, by inode. */
  readonly turns: Map<number, { readonly grant: number; readonly step: number }>;
  /** Claims that wait for what the writer's kernel says, by inode. */
  readonly claiming: Map<number, Claim[]>;
  readonly late: Map<number, Late>;
  /** Inodes of files that no name leads to any more. */
  readonly unlinked: Set<number>;
  /** Inodes of files that were changed since they could first be mapped. */
  readonly changed: Set<number>;
  inodeNext: number;
  /** There is one disk; it serves one file after the other. */
  diskFreeAt: number;
  /** Bytes in chunks, of all files together. */
  writtenBytes: number;
  openNext: number;
  lateNext: number;
}

/** What it takes to look around in the tree. */
export interface Looking {
  readonly config: FileServerConfig;
  readonly state: FilesState;
  readonly context: Pick<ServerContext, "outside">;
}

/** What every operation works with. */
export interface Serving extends Looking {
  readonly context: ServerContext;
}

export const rootInode = 1;
const rootTag = "";

export function createState(disk: Disk): FilesState {
  const root: OpenFile = {
    tag: rootTag,
    inode: rootInode,
    readable: true,
    writable: false,
    append: false,
    offset: 0,
    holders: 1,
    port: null,
  };
  return {
    disk,
    nodes: new Map(),
    opens: new Map([[rootTag, root]]),
    objects: new Map(),
    caching: new Map(),
    showing: new Map(),
    flushing: new Map(),
    writers: new Map(),
    turns: new Map(),
    claiming: new Map(),
    late: new Map(),
    unlinked: new Set(),
    changed: new Set(),
    inodeNext: rootInode,
    diskFreeAt: 0,
    writtenBytes: 0,
    openNext: 1,
    lateNext: 1,
  };
}
