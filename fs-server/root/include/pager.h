// What a kernel and a pager say to each other about a memory object: Mach's external memory management
// interface. The object is a port of the pager's; whoever has a send right to it can map it (vm_map).
//
//   kernel                                    pager
//     │── PAGER_INIT ───────────────────────▶│   to the object's port, with the kernel's control port;
//     │◀─ PAGER_READY ───────────────────────│   all answers go to that. Each host has its own
//     │── PAGER_REQUEST ────────────────────▶│
//     │◀─ PAGER_SUPPLY, _UNAVAILABLE, _ERROR │   exactly one for each page
//     │── PAGER_RETURN ─────────────────────▶│   what was written
//     │◀─ PAGER_RETURNED ────────────────────│   soon: else the kernel gives it to its default pager
//     │◀─ PAGER_LOCK ────────────────────────│   restrict, then return, then drop,
//     │── PAGER_LOCKED ─────────────────────▶│   then one answer, if a reply right was sent
//     │── PAGER_UNLOCK ─────────────────────▶│   answered by PAGER_LOCK with fewer accesses prohibited
//     │── PAGER_TERMINATE ──────────────────▶│   this kernel does not show the object any more
//
// A page is 4096 bytes. Accesses are bits: 1 read, 2 write, 4 execute. What a kernel did not ask for,
// or what is not laid out like this, it ignores. A pager must not touch memory that it pages itself.
#ifndef PAGER_H
#define PAGER_H

#include "sojourn.h"

enum { PAGER_PAGE_BYTES = 4096 };

/** Ids of what a pager receives. */
enum {
  PAGER_INIT = 2200,
  PAGER_TERMINATE = 2201,
  PAGER_REQUEST = 2203,
  PAGER_UNLOCK = 2204,
  PAGER_LOCKED = 2206,
  PAGER_SUPPLIED = 2207,
  PAGER_RETURN = 2208,
  PAGER_CHANGED = 2209,
};

/** Ids of what it sends to the control port. */
enum {
  PAGER_READY = 2300,
  PAGER_SUPPLY = 2301,
  PAGER_UNAVAILABLE = 2302,
  PAGER_ERROR = 2303,
  PAGER_RETURNED = 2304,
  PAGER_LOCK = 2305,
  PAGER_DESTROY = 2306,
};

/** How all that comes to the object's port begins; `control` has a name for the control port. */
struct PagerHead {
  struct PortHeader header; // COMPLEX
  uint32_t count;           // 1
  struct PortDescriptor control;
};

struct PagerInit {
  struct PagerHead head;
  uint32_t page_bytes;
  uint32_t moved; // 0: of files only
};

/** PAGER_REQUEST and PAGER_UNLOCK. */
struct PagerRequest {
  struct PagerHead head;
  uint64_t page;
  uint32_t pages;
  uint32_t access;
};

struct PagerReturn {
  struct PagerHead head;
  uint64_t page;
  uint32_t dirty;
  uint32_t keeps; // the kernel has the pages still
  char bytes[];   // whole pages, to the end of the message
};

/** PAGER_LOCKED, and PAGER_SUPPLIED with an error; they come to the reply port. */
struct PagerDone {
  struct PortHeader header;
  uint64_t page;
  uint32_t pages;
  uint32_t error;
};

struct PagerReady {
  struct PortHeader header;
  uint64_t patience; // nanoseconds, for those who map it without saying what they want
  uint32_t may_cache;
  uint32_t copy;   // 0: a copy is made at once; 1: page by page, when it is written
  uint32_t action; // when an answer does not come: 0 wait, 1 fail, 2 zeros
  uint32_t pad;
};

struct PagerSupply {
  struct PortHeader header;
  uint64_t page;
  uint32_t precious;   // the pager has dropped its copy: it wants the page back
  uint32_t prohibited; // accesses for which the kernel has to ask
  char bytes[];        // whole pages
};

/** PAGER_UNAVAILABLE (zeros), PAGER_ERROR and PAGER_RETURNED (0, or an errno). */
struct PagerAnswer {
  struct PortHeader header;
  uint64_t page;
  uint32_t pages;
  uint32_t error;
};

struct PagerLock {
  struct PortHeader header;
  uint64_t page;
  uint32_t pages;
  uint32_t returns;    // 0 nothing, 1 what was written, 2 precious pages too
  uint32_t flush;      // and drop them
  uint32_t prohibited; // accesses; PAGER_NO_CHANGE: as before
};

enum { PAGER_NO_CHANGE = 8 };

struct PagerDestroy {
  struct PortHeader header;
  uint32_t error; // the errno of later touches
  uint32_t pad;
};

_Static_assert(sizeof(struct PagerHead) == 40, "as the kernel writes it");
_Static_assert(sizeof(struct PagerRequest) == 56, "as the kernel writes it");
_Static_assert(sizeof(struct PagerSupply) == 40, "as the kernel reads it");
_Static_assert(sizeof(struct PagerReady) == 48, "as the kernel reads it");
_Static_assert(sizeof(struct PagerLock) == 48, "as the kernel reads it");
_Static_assert(sizeof(struct PagerAnswer) == 40, "as the kernel reads it");

/** Sends an answer to a control port; the right to it stays. */
static inline long pager_answer(PortName control, struct PortHeader *header, int id, size_t size) {
  header->bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
  header->size = 0;
  header->remote = control;
  header->local = MACH_PORT_NULL;
  header->reserved = 0;
  header->id = id;
  return port_send(header, size);
}

#endif
