// Goal: bits mean what the manual says. Method: words as the GNU assembler writes them, and facts about the tables.

import test from "ava";
import { decode } from "../../../kernel/machine/index.ts";
import type { Decoded } from "../../../kernel/machine/index.ts";
import { compressedRows, wideRows } from "../../../kernel/machine/decode-table.ts";
import * as ops from "../../../kernel/machine/hart/ops.ts";
import { recordOf } from "../../../kernel/machine/records.ts";

type Expected = Pick<Decoded, "name"> & Partial<Decoded>;

const words: readonly (readonly [bits: number, expected: Expected])[] = [
  [0xfff28293, { name: "addi", rd: 5, rs1: 5, immediate: -1 }],
  [0x800002b7, { name: "lui", rd: 5, immediate: -0x80000000 }],
  [0x00001517, { name: "auipc", rd: 10, immediate: 0x1000 }],
  [0x43f35293, { name: "srai", rd: 5, rs1: 6, immediate: 63 }],
  [0x41f3529b, { name: "sraiw", rd: 5, rs1: 6, immediate: 31 }],
  [0xfe533c23, { name: "sd", rs1: 6, rs2: 5, immediate: -8 }],
  [0xfe628ee3, { name: "beq", rs1: 5, rs2: 6, immediate: -4 }],
  [0x800000ef, { name: "jal", rd: 1, immediate: -0x100000 }],
  [0x7fffffef, { name: "jal", rd: 31, immediate: 0xffffe }],
  [0x027352b3, { name: "divu", rd: 5, rs1: 6, rs2: 7 }],
  [0x1603a2af, { name: "lr.w", rd: 5, rs1: 7 }],
  [0x1e63b2af, { name: "sc.d", rd: 5, rs1: 7, rs2: 6 }],
  [0x003022f3, { name: "csrrs", rd: 5, rs1: 0 }],
  [0x223170c3, { name: "fmadd.d", rd: 1, rs1: 2, rs2: 3 }],
  [0xd03272d3, { name: "fcvt.s.lu", rd: 5, rs1: 4 }],
  [0x0100000f, { name: "fence" }], // pause

  [0x0000, { name: "reserved", operation: ops.opIllegal, bytes: 2 }],
  [0x0001, { name: "c.addi", rd: 0, immediate: 0, bytes: 2 }],
  [0x1fe8, { name: "c.addi4spn", rd: 10, rs1: 2, immediate: 1020 }],
  [0x717d, { name: "c.addi16sp", rd: 2, rs1: 2, immediate: -16 }],
  [0x757d, { name: "c.lui", rd: 10, immediate: -4096 }],
  [0x6101, { name: "reserved", operation: ops.opIllegal }], // c.addi16sp of nothing
  [0x2001, { name: "reserved", operation: ops.opIllegal }], // c.addiw into x0
  [0x8002, { name: "reserved", operation: ops.opIllegal }], // c.jr to x0
  [0x4002, { name: "reserved", operation: ops.opIllegal }], // c.lwsp into x0
  [0x8000, { name: "illegal", operation: ops.opIllegal, bytes: 2 }],
  [0x9c41, { name: "illegal", operation: ops.opIllegal }],
  [0x7fe8, { name: "c.ld", rd: 10, rs1: 15, immediate: 248 }],
  [0xbffd, { name: "c.j", immediate: -2 }],
  [0xd175, { name: "c.beqz", rs1: 10, immediate: -28 }],
  [0x852e, { name: "c.mv", rd: 10, rs1: 0, rs2: 11 }],
  [0x9502, { name: "c.jalr", rd: 1, rs1: 10 }],
  [0x9002, { name: "c.ebreak", operation: ops.opEbreak }],
  [0x70fe, { name: "c.ldsp", rd: 1, rs1: 2, immediate: 504 }],
  [0xdfaa, { name: "c.swsp", rs1: 2, rs2: 10, immediate: 252 }],
  [0xffffffff, { name: "illegal", operation: ops.opIllegal, bytes: 4 }],
];

for (const [bits, expected] of words) {
  test(`decode: ${bits.toString(16)}: ${expected.name}`, (t) => {
    t.like(decode(bits), expected);
  });
}

test("decode: every row: the bits it fixes are bits it looks at", (t) => {
  for (const [name, , , mask, match] of [...wideRows, ...compressedRows]) {
    t.is(match & ~mask, 0, name);
  }
});

test("decode: every row: decodes to itself", (t) => {
  for (const row of wideRows) t.is(decode(row[4]).name, row[0]);
});

test("decode: operations: every number has one name, and every instruction one row", (t) => {
  const numbers = Object.values(ops);
  t.is(new Set(numbers).size, numbers.length);
  const withRow = new Set(wideRows.map(([, operation]) => operation));
  t.is(withRow.size, wideRows.length);
  for (let operation = 1; operation < ops.opIllegal; operation++) t.true(withRow.has(operation));
});

test("decode: compressed instructions: the record of each moves on by two bytes", (t) => {
  const withoutLength: readonly number[] = [
    ops.opIllegal,
    ops.opEbreak,
    ops.opJump,
    ops.opJumpRegister,
  ];
  const firstShort = ops.opAddiShort;
  for (const [name, , , mask, match] of compressedRows) {
    const { operation } = recordOf(decode(match | (0x0d54 & ~mask)), 2048);
    const isShort =
      operation >= firstShort ||
      operation === ops.opLiShort ||
      operation === ops.opNopShort ||
      operation === ops.opJalrShort;
    t.true(isShort || withoutLength.includes(operation), name);
  }
});
