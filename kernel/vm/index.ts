export {
  memoryErrors,
  type MemoryState,
  pageBytes,
  type VmContext,
  type VmCosts,
} from "./context.ts";
export { copyIn, copyInto, copyInString, copyOut, type CopyRefusal, prepareRange } from "./copy.ts";
export { describeSpace, type RangeView } from "./describe.ts";
export { type AddressSpace, fault } from "./fault.ts";
export {
  createFrames,
  type Frame,
  frameRecord,
  type Frames,
  framesFree,
  writtenSince,
} from "./frames.ts";
export {
  type AddressMap,
  createMap,
  entriesIn,
  entryAt,
  findSpace,
  insertEntry,
  mappedPages,
  type MapEntry,
  pagerBelow,
  protectRange,
  rangeEnd,
  removeRange,
  userPageEnd,
  userPageFirst,
} from "./map.ts";
export { fillFrame } from "./fill.ts";
export { greet } from "./agreement.ts";
export { claimMoved, claimPage, claimWrites, passWrites, turnToPass } from "./claim.ts";
export { passFile, showFile } from "./cut.ts";
export { onDrained } from "./drain.ts";
export { type Manager, type Patience, patienceMax, patienceOf } from "./manager.ts";
export { returnManaged } from "./return-managed.ts";
export { noteHostOfPagers, onPagerDead, onPagerTimer } from "./silence.ts";
export {
  anonymousObject,
  createObjects,
  fileObject,
  managedObject,
  type Inheritance,
  type MemoryObject,
  type PageFailure,
  type Turn,
} from "./object.ts";
export {
  failPagesOf,
  onPagerMessage,
  type PagesSettled,
  settleClaim,
  requestPages,
} from "./pager.ts";
export { beginEra, protection, translate } from "./pmap.ts";
export { framesAvailable, freeFrame, hasRoomUnasked, pagesStoring, placePage } from "./reclaim.ts";
export { endLoans, lend, mayLend, settleLoans, takeLoan } from "./lend.ts";
export { isReachedBeside } from "./reach.ts";
export { copySpace, setInheritance } from "./inherit.ts";
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
