// The modules of a host, read once and handed to each worker, which would otherwise look for some
// hundred files itself: that is three quarters of the time that a worker takes to start.
//
//   here     follows the imports of the entry; a module becomes a function, and is compiled
//   worker   takes what was compiled, and calls the functions in order, each with `need` (its
//            imports) and `exports`
//
// Works because files do not import each other in a circle and export only what never changes:
// an import is then a constant. Whatever else a file may hold stops the start of a cluster.

import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

/** A module by the path of its file: the text of a function of (need, exports), and its code. */
export interface WorkerModule {
  readonly path: string;
  readonly text: string;
  readonly code: Uint8Array;
}

/** What a worker evaluates. `workerData.modules` has the modules; the last is the entry. */
export const workerLoader = `"use strict";
const { Script } = require("node:vm");
const { modules } = require("node:worker_threads").workerData;
const loaded = new Map();
const need = (path) => loaded.get(path) ?? require(path);
for (const { path, text, code } of modules) {
  const exports = {};
  loaded.set(path, exports);
  const script = new Script(text, { filename: path, cachedData: code });
  script.runInThisContext()(need, exports);
}`;

let read: readonly WorkerModule[] | null = null;

/** The modules of a worker, each after all that it imports; read once a process. */
export function readWorkerModules(): readonly WorkerModule[] {
  if (read) return read;
  const modules = new Map<string, WorkerModule>();
  readModule(fileURLToPath(new URL("./worker-main.js", import.meta.url)), modules);
  read = [...modules.values()];
  return read;
}

function readModule(path: string, modules: Map<string, WorkerModule>): void {
  if (modules.has(path)) return;
  const resolve = (specifier: string): string => {
    if (isBuiltin(specifier)) return specifier;
    if (!specifier.startsWith(".")) return createRequire(path).resolve(specifier);
    const file = join(dirname(path), specifier);
    readModule(file, modules);
    return file;
  };
  const text = functionOf(readFileSync(path, "utf8"), resolve, path);
  const code = new Script(text, { filename: path }).createCachedData();
  modules.set(path, { path, text, code: shared(code) });
}

/** In memory that is handed to workers as it is. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

const importNames = /^import (\{[^}]*\}) from "([^"]+)";$/gm;
const importAll = /^import \* as (\w+) from "([^"]+)";$/gm;
const importOnly = /^import "([^"]+)";$/gm;
const exportFrom = /^export (\{[^}]*\}|\*) from "([^"]+)";$/gm;
const exportDeclaration = /^export ((?:const|function|class) (\w+))/gm;
const exportNothing = /^export \{\};$/gm;
const notUnderstood = /^(?:import|export)\b.*$|\bimport\.meta\b|\bimport\(/m;

/** Line n of the function is line n of the file: errors name the right place. */
function functionOf(text: string, resolve: (specifier: string) => string, path: string): string {
  const need = (specifier: string): string => `need(${JSON.stringify(resolve(specifier))})`;
  const names: string[] = [];
  const body = text
    .replace(importNames, (_, list: string, from: string) => {
      return `const ${list.replaceAll(" as ", ": ")} = ${need(from)};`;
    })
    .replace(importAll, (_, name: string, from: string) => `const ${name} = ${need(from)};`)
    .replace(importOnly, (_, from: string) => `${need(from)};`)
    .replace(exportFrom, (_, list: string, from: string) => {
      return `Object.assign(exports, ${list === "*" ? need(from) : picked(list, need(from))});`;
    })
    .replace(exportDeclaration, (_, declaration: string, name: string) => {
      names.push(name);
      return declaration;
    })
    .replace(exportNothing, "");
  const strange = notUnderstood.exec(body);
  if (strange) throw new Error(`${path}: a worker cannot be given: ${strange[0]}`);
  // In brackets a function is compiled at once, so that `code` has it.
  return `(function (need, exports) { "use strict"; ${body}
Object.assign(exports, { ${names.join(", ")} });
})`;
}

/** The names of `{ a, b as c }` out of what `from` gives. */
function picked(list: string, from: string): string {
  const pairs = list
    .slice(1, -1)
    .split(",")
    .map((item) => item.trim().split(" as "))
    .filter(([name]) => name !== "");
  const taken = pairs.map(([name, as]) => `${as ?? name}: from.${name}`);
  return `((from) => ({ ${taken.join(", ")} }))(${from})`;
}
