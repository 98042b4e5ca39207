// Goal: what a program's descriptors are instead of its console's streams is what the guests' tree
// has; a terminal is read by who has it; and the operator sees the files that guests see.
// Method: programs on several hosts write, append and read one file; a reader in the background is
// stopped, and gets its line when it has the terminal, in both drivers.

import { fileURLToPath } from "node:url";
import test from "ava";
import type { Cluster, InputSource, Task } from "../../cluster/index.ts";
import { boot, ms, upTo } from "./clusters.ts";

const drivers = ["inline", "worker"] as const;

const textOn = async (cluster: Cluster, host: string, path: string): Promise<string> => {
  const task = await cluster.spawn(host, ["cat", path]);
  await cluster.runUntil({ exited: task });
  return task.output;
};

test.serial(
  "redirection: to a file, behind its end, from it: one host writes, another reads",
  async (t) => {
    const cluster = await boot(t);
    const run = async (host: string, argv: string[], streams: string[]): Promise<Task> => {
      const task = await cluster.spawn(host, argv, { streams });
      await cluster.runUntil({ exited: task });
      return task;
    };
    await run("h1", ["count", "12", "1us"], ["1>/tmp/log"]);
    t.is(await textOn(cluster, "h2", "/tmp/log"), upTo(12));
    await run("h1", ["count", "3", "1us"], ["1>/tmp/log"]);
    t.is(await textOn(cluster, "h2", "/tmp/log"), upTo(3), "it was emptied");
    await run("h3", ["echo", "more"], ["1>>/tmp/log"]);
    t.is(await textOn(cluster, "h2", "/tmp/log"), `${upTo(3)}more\n`);
    const counted = await run("h3", ["wc"], ["0</tmp/log"]);
    t.regex(counted.output, /^ *4 +4 +11\b/);
    const both = await run("h1", ["cat", "/nowhere", "/tmp/log"], ["1>/tmp/both", "2&1"]);
    t.is(both.exit?.status, 1);
    t.regex(await textOn(cluster, "h2", "/tmp/both"), /nowhere[^]*more\n/);
    t.deepEqual([both.output, both.errors], ["", ""]);
    const listed = cluster.listFiles("/tmp");
    t.deepEqual(listed, {
      entries: [
        { name: "both", kind: "file" },
        { name: "log", kind: "file" },
      ],
    });
    t.deepEqual(cluster.listFiles("/tmp/log"), { error: 20 });
    const full = await run("h1", ["echo", "no room"], ["1>/dev/full"]);
    t.not(full.exit?.status, 0);
    t.regex(full.errors, /^echo: .*no space left/i, "one line that says so");
    cluster.crash("fs");
    await cluster.advance(ms);
    t.is(cluster.listFiles("/tmp"), null);
  },
);

for (const driver of drivers) {
  test.serial(`files: listed by the operator, ${driver}: as guests would find them`, async (t) => {
    const mounts = { "here.js": fileURLToPath(import.meta.url) };
    const cluster = await boot(t, { driver, mounts });
    const namesIn = (path: string): readonly string[] => {
      const listed = cluster.listFiles(path);
      return listed && "entries" in listed ? listed.entries.map(({ name }) => name) : [];
    };
    t.deepEqual(namesIn("/mnt"), ["here.js"]);
    t.deepEqual(namesIn("/dev"), ["full", "null", "tty", "zero"]);
    t.true(namesIn("/bin").includes("cat"));
    t.deepEqual(cluster.listFiles("/nowhere"), { error: 2 });
    const task = await cluster.spawn("h1", ["echo", "x"], { streams: ["1>/tmp/new"] });
    t.deepEqual(namesIn("/tmp"), []);
    await cluster.runUntil({ exited: task });
    t.deepEqual(namesIn("/tmp"), ["new"]);
  });
}

const terminal: InputSource = { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) };
const line = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const driver of drivers) {
  test.serial(
    `terminal: a reader in the background, ${driver}: stops, and reads when it has it`,
    async (t) => {
      const cluster = await boot(t, { driver });
      const task = await cluster.spawn("h1", ["cat"], { stdin: terminal, foreground: false });
      t.is(await cluster.runUntil({ halted: [task] }), "met");
      t.is(task.stopped?.signal, 21);
      cluster.type(task, line("typed ahead\n"), false);
      cluster.foreground(task, true);
      cluster.kill(task, 18);
      t.is(await cluster.runUntil({ output: /ahead\n/, of: task }), "met");
      await cluster.advance(100 * ms);
      cluster.foreground(task, false);
      t.is(await cluster.runUntil({ halted: [task] }), "met", "its read was waiting");
      cluster.foreground(task, true);
      cluster.kill(task, 18);
      cluster.type(task, line("end\n"), true);
      t.is(await cluster.runUntil({ exited: task }), "met");
      t.deepEqual([task.output, task.exit?.status], ["typed ahead\nend\n", 0]);
    },
  );
}

test.serial("terminal: what is done to a job before it has begun: it finds it so", async (t) => {
  const cluster = await boot(t);
  const task = await cluster.spawn("h1", ["cat"], { stdin: terminal });
  cluster.foreground(task, false);
  cluster.type(task, line("early\n"), true);
  t.is(await cluster.runUntil({ halted: [task] }), "met");
  t.is(task.stopped?.signal, 21);
  cluster.foreground(task, true);
  cluster.kill(task, 18);
  t.is(await cluster.runUntil({ exited: task }), "met");
  t.is(task.output, "early\n");
});
