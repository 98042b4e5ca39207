export {
  memoryErrors,
  type MemoryState,
  pageBytes,
  type VmContext,
  type VmCosts,
} from "./context.ts";
export { copyIn, copyInto, copyInString, copyOut, type CopyRefusal, prepareRange } from "./copy.ts";
export { describeSpace, type RangeView } from "./describe.ts";
export { type AddressSpace, fault, type FaultResult } from "./fault.ts";
export { createFrames, type Frame, frameRecord, type Frames, framesFree } from "./frames.ts";
export {
  type AddressMap,
  createMap,
  entriesIn,
  entryAt,
  findSpace,
  insertEntry,
  type MapEntry,
  protectRange,
  removeRange,
  userPageEnd,
  userPageFirst,
} from "./map.ts";
export {
  anonymousObject,
  createObjects,
  fileObject,
  type FilePager,
  type MemoryObject,
  type PageFailure,
} from "./object.ts";
export {
  dropObject,
  failPagesOf,
  fillFrame,
  freeFrame,
  onPagerMessage,
  type PagesSettled,
  requestPages,
} from "./pager.ts";
export { clearPmap, createPmap, type Pmap, protection, removePage, translate } from "./pmap.ts";
export {
  allowedPages,
  createSpace,
  destroySpace,
  mapAnonymous,
  mapPrivate,
  protect,
  type Region,
  unmap,
} from "./space.ts";
