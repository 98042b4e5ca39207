// Goal: what is no script is refused with what is wrong, where, and what to write instead.
// Method: tables of texts with the line, the column and the message that they have to give.

import test from "ava";
import { parseScript } from "../../shell/language/parse.ts";

const mistakes: readonly (readonly [string, number, number, RegExp])[] = [
  ["echo a | (b)", 1, 10, /no subshells: quote "\("/],
  ["echo )", 1, 6, /no subshells: quote "\)"/],
  ["echo `x`", 1, 6, /no substitutions: quote/],
  ['echo "`"', 1, 7, /no substitutions: write \\`/],
  ["echo $(x)", 1, 6, /no substitutions: quote "\$"/],
  ['echo "$(x)"', 1, 7, /no substitutions: write \\\$/],
  ["echo a$1", 1, 7, /no \$1: quote/],
  ['echo "$@"', 1, 7, /no \$@: write \\\$/],
  ["echo $'a'", 1, 6, /no quotes \$'/],
  ["echo $x\\\ny", 1, 6, /next line: write \$\{x}/],
  ['echo "$\\\n"', 1, 7, /next line: write \$\{NAME}/],
  ["echo ${x:=1}", 1, 6, /only NAME} or NAME:-TEXT}/],
  ["echo ${#x}", 1, 6, /only NAME}/],
  ["echo ${x:-$y}", 1, 11, /only plain text.*write \\\$/],
  ["echo ${x:-'y'}", 1, 11, /only plain text.*write \\'/],
  ["echo ${x:-a\\ b}", 1, 12, /quote all of it/],
  ["echo [a'b']", 1, 6, /"'" cannot stand inside "\[…\]": quote "\["/],
  ["echo [[:alpha:]]", 1, 6, /no classes.*a range/],
  ["{ a; }", 1, 1, /no groups: quote "\{"/],
  ["! a", 1, 1, /no "!": write COMMAND \|\| COMMAND/],
  ["a <<EOF", 1, 3, /no here-documents/],
  ["a |& b", 1, 3, /write 2>&1 \|/],
  ["a &> f", 1, 3, /write >FILE 2>&1/],
  ["a <> f", 1, 3, /for reading or for writing/],
  ["a >| f", 1, 3, /write > to empty/],
  ["a 3> f", 1, 3, /only the descriptors 0, 1 and 2/],
  ["a > | b", 1, 5, /expected a FILE after ">", got "\|"/],
  ["a >", 1, 4, /expected a FILE after ">", got the end of the line/],
  ["a 2>&3", 1, 6, /expected 0, 1 or 2 after ">&", got "3"/],
  ["a >&$x", 1, 5, /expected 0, 1 or 2 after ">&", got "\$x"/],
  [">f", 1, 3, /expected a command, got the end of the line/],
  ["@h2", 1, 4, /expected a command/],
  ["@ a", 1, 1, /expected a HOST after "@"/],
  ["@h1 @h2 a", 1, 5, /runs on one host/],
  ["A=1 @h2 a", 1, 5, /"@HOST" stands before/],
  ["@h2 A=1", 1, 8, /expected a command/],
  ["A=1 | b", 1, 1, /an assignment alone/],
  ["b | A=1", 1, 5, /an assignment alone/],
  ["A=1 &", 1, 5, /"&" only after a command/],
  ["&", 1, 1, /expected a command, got "&"/],
  ["a ;; b", 1, 4, /expected a command, got ";"/],
  ["a\n | b", 2, 2, /expected a command, got "\|"/],
  ["a && ; b", 1, 6, /expected a command, got ";"/],
  ["a && b &", 1, 8, /"&" only after one pipeline/],
  ["at", 1, 3, /expected a TIME after "at"/],
  ["at 5ms", 1, 7, /expected a command/],
  ["at 5ms at 6ms a", 1, 8, /"at" stands once/],
  ["at 5ms if a", 1, 8, /put it inside the block/],
  ["at 5ms end", 1, 8, /closes no block/],
  ["if\na\nend", 1, 3, /expected a command, got the end of the line/],
  ["if a & b", 1, 6, /expected ";" or the end of the line after the condition, got "&"/],
  ["if a; then b; fi", 1, 7, /no "then": write if CONDITION, then lines, then end/],
  ["repeat 2\ndo", 2, 1, /no "do": write repeat COUNT/],
  ["repeat 2 a", 1, 10, /after the count, got "a"/],
  ["repeat\na", 1, 7, /expected a COUNT after "repeat"/],
  ["a\nend", 2, 1, /"end" closes no block/],
  ["else", 1, 1, /"else" stands once, inside an "if"/],
  ["if a\nelse\nelse\nend", 3, 1, /"else" stands once/],
  ["repeat 2\nelse\nend", 2, 1, /"else" stands once/],
  ["if a\nelse if b\nend", 2, 6, /after "else" a new line.*an "end" for this "if"/],
  ["if a\nelse b\nend", 2, 6, /after "else", got "b"/],
  ["if a\nb\nend > f", 3, 5, /after "end", got ">"/],
  ["if a\nb\nend end", 3, 5, /after "end", got "end"/],
  ["fi", 1, 1, /no "fi": blocks close with end/],
  ["echo a\n'b\nc' \0", 3, 4, /cannot hold a NUL/],
  ["echo a 'b\0", 1, 10, /cannot hold a NUL/],
  ["echo 'a\nb'\\\n | | c", 3, 4, /expected a command, got "\|"/],
];

for (const [given, line, column, wrong] of mistakes)
  test(`parse: ${JSON.stringify(given)}: is refused at ${line}:${column}`, (t) => {
    const parsed = parseScript(given);
    if (!("wrong" in parsed)) return t.fail(JSON.stringify(parsed));
    t.regex(parsed.wrong, wrong);
    t.deepEqual([parsed.line, parsed.column], [line, column]);
  });

const open: readonly (readonly [string, number, number, RegExp])[] = [
  ["echo 'a", 1, 6, /quote ' is not closed/],
  ['echo x\necho "a\n', 2, 6, /quote " is not closed/],
  ['echo "a\\"', 1, 6, /quote " is not closed/],
  ['echo "${x', 1, 6, /quote " is not closed/],
  ["echo ${x", 1, 6, /"\$\{" is not closed/],
  ["echo ${x:", 1, 6, /"\$\{" is not closed/],
  ["echo ${x:-a\nb", 1, 6, /"\$\{" is not closed/],
  ["echo a\\", 1, 7, /nothing follows the "\\"/],
  ["a |", 1, 4, /expected a command after "\|"/],
  ["a &&\n", 2, 1, /expected a command after "&&"/],
  ["a || # b", 1, 9, /expected a command after "\|\|"/],
  ["if a", 1, 1, /the "if" of this line has no "end"/],
  ["x\nif a\nrepeat 2\nb\nend\n", 2, 1, /the "if" of this line has no "end"/],
  ["if a\n repeat 2\n  b\n", 2, 2, /the "repeat" of this line has no "end"/],
  ["if a; else; b;", 1, 1, /the "if" of this line has no "end"/],
];

for (const [given, line, column, wrong] of open)
  test(`parse: ${JSON.stringify(given)}: is incomplete since ${line}:${column}`, (t) => {
    const parsed = parseScript(given);
    if (!("incomplete" in parsed)) return t.fail(JSON.stringify(parsed));
    t.regex(parsed.incomplete.wrong, wrong);
    t.deepEqual([parsed.incomplete.line, parsed.incomplete.column], [line, column]);
  });
