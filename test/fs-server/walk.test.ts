// The walk over any tree with any links: agrees with a short model, and never leaves the root.
//
// The model knows the whole tree and resolves by recursion on a list of names; the server walks
// lazily through messages. Links point anywhere: absolute, relative, up past the root, to
// themselves.

import fc from "fast-check";
import test from "ava";
import { type Planted, service } from "./bench.ts";
import { open, serve, tryOpen } from "./files.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  { weight: 5, arbitrary: name },
  { weight: 2, arbitrary: fc.constantFrom("..", ".", "") },
);
const text = fc
  .tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 6 }))
  .map(([absolute, steps]) => `${absolute ? "/" : ""}${steps.join("/")}`);
const target = text.filter((path) => path !== "");
const planting = fc.tuple(
  fc.array(name, { minLength: 1, maxLength: 3 }),
  fc.oneof(
    fc.constant("bytes"),
    target.map((link) => ({ link })),
  ),
);

/** The first of two that would lie on one another wins, as in a real folder. */
function plant(
  plantings: readonly (readonly [readonly string[], Planted])[],
): Record<string, Planted> {
  const tree: Record<string, Planted> = {};
  for (const [names, item] of plantings) {
    const path = `/${names.join("/")}`;
    const clashes = Object.keys(tree).some(
      (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
    );
    if (!clashes) tree[path] = item;
  }
  return tree;
}

type Tree = Record<string, Planted>;

function resolve(tree: Tree, from: string, path: string): string | number {
  if (path === "") return 2;
  const budget = { links: 40 };
  return follow(tree, path.startsWith("/") ? "/" : from, path.split("/"), budget);
}

function follow(
  tree: Tree,
  at: string,
  names: readonly string[],
  budget: { links: number },
): string | number {
  const [first, ...rest] = names;
  if (first === undefined) return at;
  if (!isDirectory(tree, at)) return 20;
  if (first === "" || first === ".") return follow(tree, at, rest, budget);
  const up = at.slice(0, at.lastIndexOf("/")) || "/";
  if (first === "..") return follow(tree, up, rest, budget);
  const child = at === "/" ? `/${first}` : `${at}/${first}`;
  const item = tree[child];
  if (item === undefined && !isDirectory(tree, child)) return 2;
  if (typeof item === "object" && "link" in item) {
    if (budget.links-- === 0) return 40;
    const start = item.link.startsWith("/") ? "/" : at;
    return follow(tree, start, [...item.link.split("/"), ...rest], budget);
  }
  return follow(tree, child, rest, budget);
}

function isDirectory(tree: Tree, path: string): boolean {
  return path === "/" || Object.keys(tree).some((other) => other.startsWith(`${path}/`));
}

test("walk: any tree, links and path: as the model, and only normal paths are looked up", (t) => {
  let found = 0;
  const errors = new Set<number>();
  fc.assert(
    fc.property(
      fc.array(planting, { maxLength: 12 }),
      fc.array(text, { minLength: 1, maxLength: 6 }),
      (plantings, paths) => {
        const tree = plant(plantings);
        const bench = serve(tree);
        for (const path of paths) {
          const expected = resolve(tree, "/", path);
          const got = tryOpen(bench, path);
          t.is(got.error === 0 ? got.path : got.error, expected, path);
          if (typeof expected === "number") errors.add(expected);
          else found++;
        }
        for (const asked of bench.machine.asked) t.regex(asked, /^\/$|^(\/[a-d])+$/);
      },
    ),
    { numRuns: 1500, examples: [[[[["a"], { link: "a" }]], ["a", "a/b"]]] },
  );
  t.true(found > 500, "the property says something");
  t.deepEqual(
    [...errors].sort((a, b) => a - b),
    [2, 20, 40],
  );
});

test("walk: up past the root: the root", (t) => {
  const bench = serve({
    "/d/up": { link: "../../../../.." },
    "/d/f": "x",
    "/abs": { link: "/../d" },
  });
  t.is(tryOpen(bench, "../../..").path, "/");
  t.is(tryOpen(bench, "/d/up/d/f").path, "/d/f");
  t.is(tryOpen(bench, "/abs/f").path, "/d/f");
  t.is(tryOpen(bench, "../..", { from: open(bench, "/d") }).path, "/");
});

test("walk: forty links are followed, the forty-first is ELOOP", (t) => {
  const chain: Record<string, Planted> = { "/l0": "the end" };
  for (let n = 1; n <= 41; n++) chain[`/l${n}`] = { link: `l${n - 1}` };
  const bench = serve(chain);
  t.is(tryOpen(bench, "l40").path, "/l0");
  t.is(tryOpen(bench, "l41").error, 40);
  t.is(tryOpen(bench, "l1/../l40", { from: service }).error, 20);
});

test("walk: a trailing slash in a link's text: asks for a directory", (t) => {
  const bench = serve({ "/d/f": "x", "/toDir": { link: "d/" }, "/toFile": { link: "d/f/" } });
  t.is(tryOpen(bench, "toDir").path, "/d");
  t.is(tryOpen(bench, "toDir/f").path, "/d/f");
  t.is(tryOpen(bench, "toFile").error, 20);
});

test("walk: a name that was not listed: the machine is not asked for it", (t) => {
  const bench = serve({ "/d/f": "x" });
  for (let n = 0; n < 50; n++) tryOpen(bench, `/d/guess${n}`);
  t.deepEqual(bench.machine.asked, ["/", "/d"]);
});
