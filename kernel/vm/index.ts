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
  mappedPages,
  type MapEntry,
  protectRange,
  rangeEnd,
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
  onPagerMessage,
  type PagesSettled,
  requestPages,
} from "./pager.ts";
export {
  clearDirty,
  clearPmap,
  clearWritten,
  createPmap,
  type Pmap,
  protection,
  removePage,
  translate,
} from "./pmap.ts";
export { framesAvailable, freeFrame, pagesStoring, placePage } from "./reclaim.ts";
export {
  allowedPages,
  createSpace,
  destroySpace,
  discard,
  growMapping,
  isInCore,
  mapAnonymous,
  mapPrivate,
  mapShared,
  mapSharedAnonymous,
  moveMapping,
  protectablePages,
  punch,
  returnShared,
  protect,
  type Region,
  unmap,
} from "./space.ts";
export { invitePushes } from "./push.ts";
export {
  isStored,
  isStoring,
  keepWritten,
  leaveSwap,
  loseSwap,
  returnPages,
  swapLost,
} from "./swap.ts";
