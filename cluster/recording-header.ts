// The first line of a recording: what the run was made of, and who may make it again.

import { locationNames, plantNames } from "../ports/index.ts";
import { type NetFaults, noFaults } from "./cable.ts";
import { UsageError } from "./config.ts";
import type { SeenFile } from "./outside.ts";
import type { Json, RecordedOptions, Recording } from "./recording.ts";
import {
  field,
  type JsonObject,
  Malformed,
  type Read,
  readCount,
  readFlag,
  readList,
  readNumber,
  readObject,
  readOrNull,
  readString,
  readWord,
} from "./recording-json.ts";

/** Of the lines of the file, and of the events in the trace. */
const recordingFormat = 1;
const traceFormat = 1;
const mark = "sojourn-recording";

type Header = Pick<Recording, "version" | "options" | "files" | "session">;

export function writeHeader({ version, options, files, session }: Header): JsonObject {
  return {
    [mark]: recordingFormat,
    version,
    "trace-format": traceFormat,
    options,
    inputs: files,
    session,
  };
}

/** The inverse. Throws `UsageError` for a recording that another sojourn has made. */
export function readHeader(value: unknown, ours: string): Header {
  const object = readObject(value, "the first line");
  const format = field(object, mark, readCount);
  if (format !== recordingFormat) {
    throw new UsageError(
      `a recording of format ${format}; this is sojourn ${ours}, which reads format ${recordingFormat}`,
    );
  }
  const version = field(object, "version", readString);
  if (version !== ours || field(object, "trace-format", readCount) !== traceFormat) {
    throw new UsageError(
      `recorded by sojourn ${version}, this is ${ours}: another version may give another trace`,
    );
  }
  try {
    return {
      version,
      options: field(object, "options", readOptions),
      files: field(object, "inputs", readList(readFile)),
      session: field(object, "session", (session) => session as Json),
    };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new UsageError(`the recording is damaged: line 1: ${error.message}`);
  }
}

const readOptions: Read<RecordedOptions> = (value, what) => {
  const object = readObject(value, what);
  return {
    hosts: field(object, "hosts", readNumber(1, 127)),
    seed: field(object, "seed", readCount),
    profile: field(object, "profile", readString),
    memory: field(object, "memory", readCount),
    location: field(object, "location", readWord(locationNames)),
    net: field(object, "net", readFaults),
    bandwidth: field(object, "bandwidth", readCount),
    epoch: field(object, "epoch", readString),
    paranoid: field(object, "paranoid", readFlag),
    plant: field(object, "plant", readOrNull(readWord(plantNames))),
    trace: field(object, "trace", readWord(["default", "all"])),
    root: field(object, "root", readOrNull(readString)),
    mounts: field(object, "mounts", readMounts),
  };
};

const readFaults: Read<NetFaults> = (value, what) => {
  const object = readObject(value, what);
  const faults = Object.keys(noFaults).map((name) => [name, field(object, name, readCount)]);
  return Object.fromEntries(faults) as NetFaults;
};

const readMounts: Read<Readonly<Record<string, string>>> = (value, what) => {
  const mounts = Object.entries(readObject(value, what));
  return Object.fromEntries(mounts.map(([name, path]) => [name, readString(path, what)]));
};

const readFile: Read<SeenFile> = (value, what) => {
  const object = readObject(value, what);
  return {
    path: field(object, "path", readString),
    is: field(object, "is", readWord(["file", "program", "folder", "link", "nothing"])),
    bytes: field(object, "bytes", readCount),
    sha256: field(object, "sha256", readOrNull(readString)),
  };
};
