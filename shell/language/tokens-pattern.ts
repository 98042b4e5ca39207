// The regular expressions of `expect output /RE/ims`: no quotes are needed around them.

const flags = "ims";
const ends = " \t\r\n#&;|<>)";

/** The offset after the pattern that begins at `start`, or null if none does. */
export function patternEnd(text: string, start: number): number | null {
  if (text[start] !== "/") return null;
  let at = start + 1;
  while (at < text.length && text[at] !== "/" && text[at] !== "\n") {
    if (text[at] !== "\\") at++;
    else if (text[at + 1] === "\n") return null;
    else at += 2;
  }
  if (text[at] !== "/" || at === start + 1) return null;
  at++;
  while (at < text.length && flags.includes(text[at] ?? "")) at++;
  return at === text.length || ends.includes(text[at] ?? "") ? at : null;
}
