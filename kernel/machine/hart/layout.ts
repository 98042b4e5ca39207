// Where everything lies in the hart's linear memory, and the numbers that cross between wasm and TypeScript.
// The picture is in ../hart.ts. Literals only, because both compilers read this file.

// The control block.
export const pcAt = 0x00; // u64
export const roundingAt = 0x08; // u32, frm
export const flagsAt = 0x0c; // u32, fflags
export const instretAt = 0x10; // u64, instructions that the thread has completed
export const executedAt = 0x18; // u32, instructions completed in the last run
export const stopAccessAt = 0x1c; // u32
export const stopAddressAt = 0x20; // u64
export const stopBitsAt = 0x28; // u32
export const reservationWidthAt = 0x2c; // u32: 0 (none), 4 or 8 bytes
export const reservationAddressAt = 0x30; // u64
export const reservationValueAt = 0x38; // u64
export const spaceAt = 0x40; // u64, address space number << 52: the upper bits of every tag
export const bounceAt = 0x48; // 8 bytes: a load over a page end is put together here
export const shiftAt = 0x50; // u32, where page 0 of the space lies in the translation tables

// The register file: register r of a file lies at r * 8. x0 is never written.
export const xRegisters = 0x100;
export const fRegisters = 0x200;

// Three translation tables of 4,096 entries, which reach 16 MiB each: u64 tag = space | page, u32, u32 address of the frame.
// The first u32 is what to add to an address to get the place in linear memory (read, write),
// or the records of the page (execute).
export const readTable = 0x20000;
export const writeTable = 0x30000;
export const executeTable = 0x40000;
export const tableBytes = 0x10000;
export const entryMask = 4095;

// Decoded pages: 2,048 records of 8 bytes, two that mean "page ends", and the truth about a straddling instruction.
//   record = u16 op, u8 rd (or rs2 of a store or branch) * 8, u8 rs1 * 8, i32 immediate (or rs2 * 8, or the bits)
export const codePages = 0x50000;
export const codePageStride = 16448;
export const straddleAt = 16400; // u16 operation, u16 second half of the bits

// Reads, writes and instruction fetches.
export const accessRead = 0;
export const accessWrite = 1;
export const accessExecute = 2;

// Addresses end at 2^38: what lies above is never mapped.
export const addressBits = 38;

// Why run returned.
export const stopBudget = 0;
export const stopEcall = 1;
export const stopEbreak = 2;
export const stopPageFault = 3;
export const stopIllegal = 4;
export const stopMisaligned = 5;
export const stopTime = 6;

// Control registers that a user program has.
export const csrFflags = 0x001;
export const csrFrm = 0x002;
export const csrFcsr = 0x003;
export const csrCycle = 0xc00;
export const csrTime = 0xc01;
export const csrInstret = 0xc02;
