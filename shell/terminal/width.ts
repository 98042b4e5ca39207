// How a person sees text: clusters of code points that stand in one place, and the cells they take.

const clusters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** East Asian wide and fullwidth characters, and what is drawn as a picture. */
const wide =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\p{sc=Yi}\u3000-\u303e\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\p{Emoji_Presentation}]|\ufe0f/u;
const halfwidth = /^[\uff61-\uffdc\u1160-\u11ff]/;
const without = /^[\p{M}\p{Cf}]/u;

/** The clusters of a text; plain ASCII takes the short way. */
export function clustersOf(text: string): readonly string[] {
  if (/^[\x20-\x7e\n]*$/.test(text)) return text.split("");
  return Array.from(clusters.segment(text), ({ segment }) => segment);
}

/** A cluster as it is painted: what would move the cursor is written out. */
export function shownCluster(cluster: string): string {
  if (cluster === "\t") return "  ";
  const code = cluster.codePointAt(0) ?? 0;
  if (code < 0x20) return `^${String.fromCodePoint(code + 0x40)}`;
  if (code === 0x7f) return "^?";
  if (code < 0xa0 && code > 0x7f) return "?";
  return cluster;
}

/** Cells of a painted cluster: 0, 1 or 2. */
export function widthOfCluster(cluster: string): number {
  const code = cluster.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return 2;
  if (code < 0x300) return 1;
  if (without.test(cluster)) return 0;
  return wide.test(cluster) && !halfwidth.test(cluster) ? 2 : 1;
}

export function widthOfText(text: string): number {
  return clustersOf(text).reduce((sum, cluster) => sum + widthOfCluster(cluster), 0);
}

/** As much of a text as fits into so many cells. */
export function cutText(text: string, cells: number): string {
  let used = 0;
  let cut = "";
  for (const cluster of clustersOf(text)) {
    used += widthOfCluster(cluster);
    if (used > cells) break;
    cut += shownCluster(cluster);
  }
  return cut;
}
