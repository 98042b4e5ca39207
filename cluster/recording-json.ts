// Reading JSON that somebody may have changed: a value is what it should be, or there is a sentence.

/** What is wrong, without the place: whoever knows the place adds it. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

export type JsonObject = { readonly [key: string]: unknown };

/** Reads one value; `what` names it in a mistake. Throws `Malformed`. */
export type Read<Value> = (value: unknown, what: string) => Value;

export const readObject: Read<JsonObject> = (value, what) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Malformed(`${what} is no object`);
  }
  return value as JsonObject;
};

const readArray: Read<readonly unknown[]> = (value, what) => {
  if (!Array.isArray(value)) throw new Malformed(`${what} is no list`);
  return value;
};

export const readString: Read<string> = (value, what) => {
  if (typeof value !== "string") throw new Malformed(`${what} is no text`);
  return value;
};

export const readFlag: Read<boolean> = (value, what) => {
  if (typeof value !== "boolean") throw new Malformed(`${what} is neither true nor false`);
  return value;
};

/** A whole number in a range, both ends included. */
export function readNumber(min: number, max: number): Read<number> {
  return (value, what) => {
    if (!Number.isSafeInteger(value)) throw new Malformed(`${what} is no whole number`);
    const number = value as number;
    if (number < min || number > max) {
      throw new Malformed(`${what} is ${number}, which is not from ${min} to ${max}`);
    }
    return number;
  };
}

export const readCount: Read<number> = readNumber(0, Number.MAX_SAFE_INTEGER);

/** One of these texts. */
export function readWord<const Word extends string>(words: readonly Word[]): Read<Word> {
  return (value, what) => {
    const word = words.find((one) => one === value);
    if (word === undefined) {
      throw new Malformed(`${what} is ${JSON.stringify(value)}, and none of ${words.join(", ")}`);
    }
    return word;
  };
}

export function readList<Value>(read: Read<Value>): Read<readonly Value[]> {
  return (value, what) => readArray(value, what).map((item) => read(item, what));
}

export function readOrNull<Value>(read: Read<Value>): Read<Value | null> {
  return (value, what) => (value === null ? null : read(value, what));
}

/** The object's value of that name. */
export function field<Value>(object: JsonObject, name: string, read: Read<Value>): Value {
  if (!Object.hasOwn(object, name)) throw new Malformed(`${JSON.stringify(name)} is missing`);
  return read(object[name], JSON.stringify(name));
}

/** Text as it stands if it is UTF-8, or else base64: `{"text": …}` or `{"base64": …}`. */
export function writeBytes(bytes: Uint8Array): JsonObject {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8");
  return Buffer.from(text, "utf8").equals(buffer)
    ? { text }
    : { base64: buffer.toString("base64") };
}

/** The inverse of `writeBytes`. */
export const readBytes: Read<Uint8Array> = (value, what) => {
  const object = readObject(value, what);
  const isText = Object.hasOwn(object, "text");
  const text = field(object, isText ? "text" : "base64", readString);
  const buffer = Buffer.from(text, isText ? "utf8" : "base64");
  if (!isText && buffer.toString("base64") !== text) throw new Malformed(`${what} is no base64`);
  return new Uint8Array(buffer);
};
