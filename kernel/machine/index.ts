// What the rest of the kernel may use of the machine.

export { decode } from "./decode.ts";
export type { Decoded } from "./decode.ts";
export { accessExecute, accessRead, accessWrite } from "./hart/layout.ts";
export { createHart, pageBytes } from "./hart.ts";
export type { Hart, HartState, StopReason } from "./hart.ts";
export {
  countImageInstruction,
  emptyThreadImage,
  imagePc,
  imageWords,
  setImagePc,
  setImageRegister,
} from "./thread-image.ts";
export type { Access } from "./translations.ts";
