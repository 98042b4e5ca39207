// What a stream that is no file of the tree, a console's or a pipe's, says to what it cannot do.

import { files, type Message, type ServerContext } from "../ports/index.ts";
import { errno } from "./errno.ts";
import { statusRefused } from "./status.ts";

const nothing = new Uint8Array(0);

/** Each message is refused in the form that it asks for, with the errno of Linux. */
export function refuseAtStream(message: Message, context: ServerContext): void {
  switch (message.op) {
    case files.readAt.name:
      context.reply(message, files.data, { error: errno.ESPIPE, bytes: nothing });
      break;
    case files.open.name: {
      const error = errno.ENOTDIR;
      context.reply(message, files.opened, { error, mode: 0, size: 0, path: "" });
      break;
    }
    case files.statPath.name:
      context.reply(message, files.status, statusRefused(errno.ENOTDIR));
      break;
    case files.readLink.name:
      context.reply(message, files.text, { error: errno.ENOTDIR, text: "" });
      break;
    case files.list.name: {
      const none = { names: [], inodes: [], kinds: [], offsets: [] };
      context.reply(message, files.entries, { error: errno.ENOTDIR, ...none });
      break;
    }
    case files.writeAt.name:
      context.reply(message, files.count, { error: errno.ESPIPE, value: 0 });
      break;
    case files.remove.name:
    case files.makeDirectory.name:
    case files.rename.name:
      context.reply(message, files.count, { error: errno.ENOTDIR, value: 0 });
      break;
    case files.truncate.name:
      context.reply(message, files.count, { error: errno.EINVAL, value: 0 });
      break;
    case files.map.name:
      context.reply(message, files.mapped, { error: errno.ENODEV, size: 0 });
      break;
    default:
      context.reply(message, files.count, { error: errno.ENOSYS, value: 0 });
  }
}
