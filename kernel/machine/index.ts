// What the rest of the kernel may use of the machine.

export { decode, isWide } from "./decode.ts";
export type { Decoded } from "./decode.ts";
export { accessExecute, accessRead, accessWrite } from "./hart/layout.ts";
export { createHart, pageBytes } from "./hart.ts";
export type { Fill, Hart, HartState, StopReason } from "./hart.ts";
export {
  countImageInstruction,
  emptyThreadImage,
  imagePc,
  imageWords,
  setImagePc,
  setImageRegister,
  threadImageWords,
} from "./thread-image.ts";
export type { Access } from "./translations.ts";
