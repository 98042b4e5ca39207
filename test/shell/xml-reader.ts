// Reads the XML that reports are written in: elements and attributes, well-formed or an error.

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
}

const markup = /<\?xml [^?]*\?>|<(\/)?([A-Za-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/)?>|([^<]+)/y;

export function readXml(text: string): XmlElement {
  const root: XmlElement = { name: "", attributes: {}, children: [] };
  const open = [root];
  let at = 0;
  while (at < text.length) {
    markup.lastIndex = at;
    const found = markup.exec(text);
    if (!found) throw new Error(`not well-formed at ${text.slice(at, at + 40)}`);
    at = markup.lastIndex;
    const [, closes, name, attributes, isEmpty, characters] = found;
    if (characters !== undefined) decode(characters);
    if (name === undefined) continue;
    if (closes) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const element = { name, attributes: readAttributes(attributes ?? ""), children: [] };
    open.at(-1)?.children.push(element);
    if (!isEmpty) open.push(element);
  }
  const [only, ...others] = root.children;
  if (open.length !== 1 || !only || others.length > 0) throw new Error("not one whole element");
  return only;
}

function readAttributes(text: string): Record<string, string> {
  const read: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/([a-z]+)="([^"]*)"/g)) {
    if (name in read) throw new Error(`${name} stands twice`);
    read[name] = decode(value);
  }
  return read;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function decode(text: string): string {
  return text.replace(/&(#?[a-z0-9]*)(;?)/g, (_, name: string, end: string) => {
    const character = name.startsWith("#")
      ? String.fromCodePoint(Number(name.slice(1)))
      : entities[name];
    if (end === "" || character === undefined) throw new Error(`a bare & in ${text}`);
    return character;
  });
}
