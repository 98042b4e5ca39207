// The one list of operation numbers: the decoder (TypeScript) writes them, the interpreter (AssemblyScript) runs them.
//
//   0         no record yet
//   1..156    one number an instruction, as the assembler names it (decode-table.ts)
//   157..     numbers that only decoded records have: shorter, cheaper or special forms
//
// Plain constants, because both compilers read this file. The groups are contiguous: the interpreter hands a whole
// group to one function by comparing with its first number.

export const opNone = 0;

// Integer instructions (RV64I).
export const opLui = 1;
export const opAuipc = 2;
export const opJal = 3;
export const opJalr = 4;
export const opBeq = 5;
export const opBne = 6;
export const opBlt = 7;
export const opBge = 8;
export const opBltu = 9;
export const opBgeu = 10;
export const opLb = 11;
export const opLh = 12;
export const opLw = 13;
export const opLd = 14;
export const opLbu = 15;
export const opLhu = 16;
export const opLwu = 17;
export const opSb = 18;
export const opSh = 19;
export const opSw = 20;
export const opSd = 21;
export const opAddi = 22;
export const opSlti = 23;
export const opSltiu = 24;
export const opXori = 25;
export const opOri = 26;
export const opAndi = 27;
export const opSlli = 28;
export const opSrli = 29;
export const opSrai = 30;
export const opAdd = 31;
export const opSub = 32;
export const opSll = 33;
export const opSlt = 34;
export const opSltu = 35;
export const opXor = 36;
export const opSrl = 37;
export const opSra = 38;
export const opOr = 39;
export const opAnd = 40;
export const opAddiw = 41;
export const opSlliw = 42;
export const opSrliw = 43;
export const opSraiw = 44;
export const opAddw = 45;
export const opSubw = 46;
export const opSllw = 47;
export const opSrlw = 48;
export const opSraw = 49;
export const opFence = 50;
export const opFenceI = 51;
export const opEcall = 52;
export const opEbreak = 53;

// Multiplication and division (M).
export const opMul = 54;
export const opMulh = 55;
export const opMulhsu = 56;
export const opMulhu = 57;
export const opDiv = 58;
export const opDivu = 59;
export const opRem = 60;
export const opRemu = 61;
export const opMulw = 62;
export const opDivw = 63;
export const opDivuw = 64;
export const opRemw = 65;
export const opRemuw = 66;

// Atomics (A): words, then doublewords in the same order.
export const opLrW = 67;
export const opScW = 68;
export const opAmoswapW = 69;
export const opAmoaddW = 70;
export const opAmoxorW = 71;
export const opAmoandW = 72;
export const opAmoorW = 73;
export const opAmominW = 74;
export const opAmomaxW = 75;
export const opAmominuW = 76;
export const opAmomaxuW = 77;
export const opLrD = 78;
export const opScD = 79;
export const opAmoswapD = 80;
export const opAmoaddD = 81;
export const opAmoxorD = 82;
export const opAmoandD = 83;
export const opAmoorD = 84;
export const opAmominD = 85;
export const opAmomaxD = 86;
export const opAmominuD = 87;
export const opAmomaxuD = 88;

// Control registers (Zicsr).
export const opCsrrw = 89;
export const opCsrrs = 90;
export const opCsrrc = 91;
export const opCsrrwi = 92;
export const opCsrrsi = 93;
export const opCsrrci = 94;

// Loads and stores of floats (F, D).
export const opFlw = 95;
export const opFsw = 96;
export const opFld = 97;
export const opFsd = 98;

// Single precision (F).
export const opFmaddS = 99;
export const opFmsubS = 100;
export const opFnmsubS = 101;
export const opFnmaddS = 102;
export const opFaddS = 103;
export const opFsubS = 104;
export const opFmulS = 105;
export const opFdivS = 106;
export const opFsqrtS = 107;
export const opFsgnjS = 108;
export const opFsgnjnS = 109;
export const opFsgnjxS = 110;
export const opFminS = 111;
export const opFmaxS = 112;
export const opFcvtWS = 113;
export const opFcvtWuS = 114;
export const opFcvtLS = 115;
export const opFcvtLuS = 116;
export const opFmvXW = 117;
export const opFeqS = 118;
export const opFltS = 119;
export const opFleS = 120;
export const opFclassS = 121;
export const opFcvtSW = 122;
export const opFcvtSWu = 123;
export const opFcvtSL = 124;
export const opFcvtSLu = 125;
export const opFmvWX = 126;
export const opFcvtSD = 127;

// Double precision (D).
export const opFmaddD = 128;
export const opFmsubD = 129;
export const opFnmsubD = 130;
export const opFnmaddD = 131;
export const opFaddD = 132;
export const opFsubD = 133;
export const opFmulD = 134;
export const opFdivD = 135;
export const opFsqrtD = 136;
export const opFsgnjD = 137;
export const opFsgnjnD = 138;
export const opFsgnjxD = 139;
export const opFminD = 140;
export const opFmaxD = 141;
export const opFcvtWD = 142;
export const opFcvtWuD = 143;
export const opFcvtLD = 144;
export const opFcvtLuD = 145;
export const opFmvXD = 146;
export const opFeqD = 147;
export const opFltD = 148;
export const opFleD = 149;
export const opFclassD = 150;
export const opFcvtDW = 151;
export const opFcvtDWu = 152;
export const opFcvtDL = 153;
export const opFcvtDLu = 154;
export const opFmvDX = 155;
export const opFcvtDS = 156;

// What the decoder says of bits that are no instruction.
export const opIllegal = 157;

// Forms of records.
export const opNop = 158; // no effect: a hint, a fence, or arithmetic into x0
export const opNopShort = 159;
export const opLi = 160; // rd = imm: lui, and addi from x0
export const opLiShort = 161;
export const opProbe = 162; // a load into x0: only its fault matters
export const opJump = 163; // jal x0 to the same page
export const opJumpFar = 164; // jal x0 to another page
export const opJalFar = 165;
export const opJumpRegister = 166; // jalr x0
export const opJalrShort = 167;
export const opBranchFar = 168; // any branch whose target is on another page
export const opStraddle = 169; // four bytes over a page end: the second half is compared each time
export const opPageEnd = 170; // not an instruction: execution goes on in the next page

// Compressed instructions: as the instruction of that name, but two bytes long.
export const opAddiShort = 171;
export const opAddiwShort = 172;
export const opSlliShort = 173;
export const opSrliShort = 174;
export const opSraiShort = 175;
export const opAndiShort = 176;
export const opAddShort = 177;
export const opSubShort = 178;
export const opXorShort = 179;
export const opOrShort = 180;
export const opAndShort = 181;
export const opAddwShort = 182;
export const opSubwShort = 183;
export const opLwShort = 184;
export const opLdShort = 185;
export const opSwShort = 186;
export const opSdShort = 187;
export const opFldShort = 188;
export const opFsdShort = 189;
export const opBeqShort = 190;
export const opBneShort = 191;
