// docs/shell.md: the language in a page, and every verb from the table.

import { type Topic, topicNames, topics, type Verb, verbTable } from "./language/index.ts";

export const shellIntro: string =
  "The same lines at the prompt of `sojourn`, in scripts (`sojourn script FILE`), in `--at 'TIME LINE'`, " +
  "and from a pipe. `help VERB` says of a verb what stands here.";

const language = `A line is a program, a verb, or several of them. Words and quotes are as in sh:

| what | means |
| --- | --- |
| \`count 5\` | the program \`count\` of the guests' PATH (\`/bin:/usr/bin\`), on the host where programs start (\`h1\`, \`set on h2\`) |
| \`./prog x\` | a program of this machine, which guests see as \`/mnt/prog\` |
| \`@h2 count 5\` | on h2 |
| \`count 5 \\| @h2 wc\` | a pipe: the bytes go from host to host through the pipe server on \`fs\`, never through this machine |
| \`< FILE\` \`> FILE\` \`>> FILE\` \`2> FILE\` \`2>&1\` | redirection to files of the guests' disk |
| \`a && b\` \`a \\|\\| b\` \`a ; b\` | b if a succeeded, b if it did not, b afterwards |
| \`a &\` | starts a as a job, \`%1\`, \`%2\`, …; nobody waits |
| \`'…'\` \`"…"\` \`\\x\` | as it stands; with variables; one character as it stands |
| \`x=VALUE\`, \`set x VALUE\` | sets a variable; \`x=VALUE PROGRAM\` puts it into the program's environment only |
| \`$x\` \`\${x}\` \`\${x:-else}\` \`$?\` | its value; the status of the last line. Unquoted, a value is split at its spaces |
| \`*\` \`?\` \`[a-z]\` | names of the guests' files, sorted; without a match the word stays as it is. No quotes and no \`$\` inside \`[…]\` |
| \`# …\` | a comment |
| \`at TIME LINE\` | lets virtual time pass up to TIME first |
| \`if LINE\` … \`else\` … \`end\` | the lines up to \`else\` or \`end\` if LINE succeeded |
| \`repeat N\` … \`end\` | the lines N times; \`$n\` is the round |

\`;\` ends a line like a newline does, so \`repeat 3; advance 1ms; end\` is three lines in one.

**Time.** In a script virtual time passes only while a line waits: for a program in the foreground, in \`wait\`, \`migrate\`,
\`advance\`, \`run-until\`, \`step\`, \`expect … within\`, \`message\` and \`receive\` without \`&\`, and in the gap before \`at TIME\`. At a terminal it
runs by itself: \`set pace wall\` (a second is a second; the default there), \`set pace full\` (as fast as it can), \`set pace step\` (as in
a script); \`advance\`, \`run-until\` and \`step\` do not wait for the clock at any pace. TIME and DURATION are a number and \`ns us ms s\`.

**Status.** A line ends with the status of its program (128 + signal if one ended it), 0, or 1 if it was refused. In a
script a line that is refused, or an expectation that is not met, ends the script with status 1; a line that cannot be read
ends it with 64 before anything has run.`;

export function shellPage(): readonly string[] {
  return [language, "", ...topicNames.flatMap(topicLines)];
}

function topicLines(topic: Topic): readonly string[] {
  const verbs = verbTable.filter((verb) => verb.topic === topic);
  return [`## ${topics[topic]}`, "", ...verbs.flatMap(verbLines)];
}

function verbLines(verb: Verb): readonly string[] {
  const { name, usage, help, more = [], options = [], examples } = verb;
  const places = [
    ...(verb.prepare ? ["a line"] : []),
    ...(verb.command ? [`\`sojourn ${name}\``] : []),
  ].join(" and ");
  return [
    `### ${name}`,
    "",
    `\`${usage}\` (${places})`,
    "",
    [help, ...more].join("  \n"),
    "",
    ...options.map((option) => {
      const value = option.value === null ? "" : ` ${option.value.name}`;
      return `- \`${option.name}${value}\`: ${option.help}`;
    }),
    ...(options.length > 0 ? [""] : []),
    "```",
    ...examples,
    "```",
    "",
  ];
}
