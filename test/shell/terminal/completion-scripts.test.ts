// Goal: the scripts of `sojourn completion` make a shell offer what the tables say.
// Method: bash runs its script for real, with the words as bash hands them to a completion function;
// zsh and fish read theirs where they are installed.

import { execFileSync } from "node:child_process";
import test from "ava";
import { isOnPath } from "../../../bench/tools.ts";
import { completionScript, shells } from "../../../shell/completion/index.ts";
import { verbTable } from "../../../shell/language/index.ts";
import { needs } from "../../needs.ts";
import { folder, sojourn } from "../cli-process.ts";

/** What bash would offer for these words, the last one being typed. */
function offers(words: readonly string[], cwd: string): readonly string[] {
  const script = completionScript("bash", verbTable).join("\n");
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const program = `${script}
complete -p sojourn >/dev/null || exit 9
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}
_sojourn sojourn "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync("bash", ["--norc", "-c", program], { cwd, encoding: "utf8" });
  return out
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

const cases: readonly (readonly [string, readonly string[]])[] = [
  ["sojourn ru", ["run"]],
  ["sojourn --dri", ["--driver"]],
  ["sojourn --driver ", ["inline", "worker"]],
  ["sojourn --driver = in", ["inline"]],
  ["sojourn --driver inline scr", ["script"]],
  ["sojourn --hosts 8 scr", ["script"]],
  ["sojourn run --strat", ["--strategy"]],
  ["sojourn run --strategy eager-a", ["eager-all"]],
  ["sojourn run --migr", ["--migrate"]],
  ["sojourn run --hosts 3 pri", ["primes"]],
  ["sojourn run cat my", ["my file", "mylines.sojourn"]],
  ["sojourn run cat --dri", []],
  ["sojourn run --trace my", ["my file", "mylines.sojourn"]],
  ["sojourn run ./my", ["./my file", "./mylines.sojourn"]],
  ["sojourn run --root fo", ["folder"]],
  ["sojourn script my", ["my file", "mylines.sojourn"]],
  ["sojourn script mylines.sojourn my", ["my file", "mylines.sojourn"]],
  ["sojourn completion ", ["bash", "fish", "zsh"]],
  ["sojourn no-such-verb x", []],
];

needs("bash")("completion scripts: bash: each place offers what the tables say", (t) => {
  const cwd = folder(t);
  execFileSync("bash", ["-c", "mkdir folder; touch 'my file' mylines.sojourn"], { cwd });
  for (const [line, expected] of cases) t.deepEqual(offers(line.split(" "), cwd), expected, line);
});

needs("bash")("completion scripts: bash: every verb of the command line is offered", (t) => {
  const commands = verbTable.filter(({ command }) => command).map(({ name }) => name);
  t.true(commands.length > 3);
  t.deepEqual(offers(["sojourn", ""], "/"), [...commands].sort());
});

for (const shell of ["zsh", "fish"]) {
  test(`completion scripts: ${shell}: each verb and each option is in it, and ${shell} can read it`, (t) => {
    const lines = completionScript(shell, verbTable);
    for (const { name, command } of verbTable) {
      if (command)
        t.true(
          lines.some((line) => line.includes(name)),
          name,
        );
    }
    t.true(lines.some((line) => line.includes("strategy")));
    if (!isOnPath(shell)) return;
    const input = lines.join("\n");
    t.notThrows(() => execFileSync(shell, ["-n", "/dev/stdin"], { input }));
  });
}

test("completion scripts: sojourn completion: prints one, refuses another shell", async (t) => {
  const { status, stdout } = await sojourn(["completion", "bash"]);
  t.is(status, 0);
  t.is(stdout, `${completionScript("bash", verbTable).join("\n")}\n`);
  const refused = await sojourn(["completion", "bahs"]);
  t.is(refused.status, 64);
  t.deepEqual(refused.ours, ['sojourn: completion: expected one of bash, zsh, fish, got "bahs"']);
  t.deepEqual(shells, ["bash", "zsh", "fish"]);
});
