// What calls on ports answer: Mach's codes, with Mach's numbers (`kern_return.h`, `message.h`).
//
// Codes of calls on rights are small; those of a send start at 0x10000000, those of a receive at
// 0x10004000. 0 is success everywhere.

export const kern = {
  success: 0,
  noSpace: 3,
  invalidArgument: 4,
  notInSet: 12,
  nameExists: 13,
  aborted: 14,
  invalidName: 15,
  invalidTask: 16,
  invalidRight: 17,
  invalidValue: 18,
  urefsOverflow: 19,
  invalidCapability: 20,
  rightExists: 21,
  memoryPresent: 23,
} as const;

export const sendCodes = {
  success: 0,
  invalidData: 0x10000002,
  invalidDestination: 0x10000003,
  timedOut: 0x10000004,
  interrupted: 0x10000007,
  messageTooSmall: 0x10000008,
  invalidReply: 0x10000009,
  invalidRight: 0x1000000a,
  invalidNotify: 0x1000000b,
  invalidMemory: 0x1000000c,
  noBuffer: 0x1000000d,
  invalidType: 0x1000000f,
  invalidHeader: 0x10000010,
} as const;

export const receiveCodes = {
  success: 0,
  invalidName: 0x10004002,
  timedOut: 0x10004003,
  tooLarge: 0x10004004,
  interrupted: 0x10004005,
  portChanged: 0x10004006,
  invalidNotify: 0x10004007,
  invalidData: 0x10004008,
  portDied: 0x10004009,
  inSet: 0x1000400a,
  headerError: 0x1000400b,
  bodyError: 0x1000400c,
} as const;

/** Joined to `headerError` or `bodyError`: the name space is full, or the memory is. */
export const shortages = { space: 0x2000, memory: 0x1000 } as const;

/** The code as Mach writes it: `KERN_INVALID_NAME`, `MACH_SEND_TIMED_OUT`. */
export function codeName(code: number): string {
  if (code === 0) return "KERN_SUCCESS";
  return (
    nameIn(kern, "KERN", code) ??
    nameIn(sendCodes, "MACH_SEND", code) ??
    nameIn(receiveCodes, "MACH_RCV", code & ~(shortages.space | shortages.memory)) ??
    `code 0x${code.toString(16)}`
  );
}

const shortened: Readonly<Record<string, string>> = {
  MACH_SEND_INVALID_DESTINATION: "MACH_SEND_INVALID_DEST",
  MACH_SEND_MESSAGE_TOO_SMALL: "MACH_SEND_MSG_TOO_SMALL",
};

function nameIn(
  codes: Readonly<Record<string, number>>,
  prefix: string,
  code: number,
): string | undefined {
  const key = Object.keys(codes).find((one) => codes[one] === code);
  if (key === undefined) return undefined;
  const words = key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  const name = `${prefix}_${words}`;
  return shortened[name] ?? name;
}
