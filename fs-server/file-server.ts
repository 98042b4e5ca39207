// The file server: which message does what. One row a message; the doing is in the other files.
//
//   tag ""          the root directory, at the well-known port
//   tag "7"         an open file or directory
//   tag "object:3"  the memory object of inode 3

import {
  files,
  isOp,
  type Message,
  type NativeServer,
  type Op,
  type Schema,
} from "../ports/index.ts";
import { createDisk, keepDisk } from "./disk.ts";
import { errno } from "./errno.ts";
import { onTimer } from "./late.ts";
import { onList } from "./listing.ts";
import { onOpen, onReadLink, onStatPath } from "./names.ts";
import { answerFiles } from "./observe.ts";
import {
  onClose,
  onShare,
  onRead,
  onReadAt,
  onSeek,
  onStat,
  onTruncate,
  onWrite,
  onWriteAt,
} from "./open-file.ts";
import { hostsOfWriters, releaseDead } from "./claims.ts";
import { forgetFlushed, hostsOfFlushes } from "./flushing.ts";
import { forgetUnused, onMakeDirectory, onRemove } from "./remove.ts";
import { hideDead } from "./showing.ts";
import { onRename } from "./rename.ts";
import { objectInode, onMap, onObjectMessage } from "./pager.ts";
import {
  createState,
  type Disk,
  type FileServerConfig,
  type FilesState,
  type OpenFile,
  type Serving,
} from "./state.ts";
import { rootOf } from "./tree.ts";

export function createFileServer(config: FileServerConfig): NativeServer {
  const server: NativeServer<FilesState> = {
    name: "files",
    // What was kept is what `keep` returned: nobody else writes it.
    create: (kept) => createState((kept as Disk | undefined) ?? createDisk()),
    keep: (state) => keepDisk(state.disk),
    receive(state, tag, message, context) {
      onMessage({ config, state, context }, tag, message);
      return "done";
    },
    hostDied(state, host, incarnation, context) {
      releaseDead(state, host, incarnation, context);
      forgetFlushed({ state, context }, host, incarnation);
      for (const inode of hideDead(state, host, incarnation)) {
        forgetUnused({ config, state, context }, inode);
      }
    },
    hosts: (state) => [...hostsOfWriters(state), ...hostsOfFlushes(state)],
    timer: (state, data, context) => onTimer({ config, state, context }, data),
    observe: (state, question, outside) => answerFiles(config, state, question, outside),
  };
  return server;
}

type Handler<S extends Schema> = (serving: Serving, open: OpenFile, message: Message<S>) => void;

const handlers: ReadonlyMap<string, Handler<Schema>> = new Map([
  row(files.open, onOpen),
  row(files.statPath, onStatPath),
  row(files.readLink, onReadLink),
  row(files.read, onRead),
  row(files.readAt, onReadAt),
  row(files.write, onWrite),
  row(files.writeAt, onWriteAt),
  row(files.remove, onRemove),
  row(files.makeDirectory, onMakeDirectory),
  row(files.rename, onRename),
  row(files.seek, onSeek),
  row(files.stat, onStat),
  row(files.close, onClose),
  row(files.share, onShare),
  row(files.truncate, onTruncate),
  row(files.list, onList),
  row(files.map, onMap),
]);

function row<S extends Schema>(op: Op<S>, handle: Handler<S>): [string, Handler<Schema>] {
  return [
    op.name,
    (serving, open, message) => {
      if (isOp(message, op)) handle(serving, open, message);
    },
  ];
}

function onMessage(serving: Serving, tag: string, message: Message): void {
  const { state, context } = serving;
  // The tree begins with the first message: only then is there an outside to look at.
  rootOf(serving);
  const inode = objectInode(tag);
  if (inode !== undefined) {
    onObjectMessage(serving, inode, message);
    return;
  }
  const open = state.opens.get(tag);
  const handle = handlers.get(message.op);
  if (open && handle) handle(serving, open, message);
  else context.reply(message, files.count, { error: open ? errno.ENOSYS : errno.EBADF, value: 0 });
}
