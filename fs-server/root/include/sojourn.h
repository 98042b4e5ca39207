// The kernel calls that only this kernel has: their numbers (a7) are negative. It needs nothing else
// from a C library, so programs with and without one can include it.
//
// Ports are Mach's, and so are the numbers and names of rights, dispositions and results (Mach 3
// Kernel Interfaces). A call of ours acts on the caller's own task, so it has no task as argument.
//
//   struct PortHeader | [uint32_t count | count descriptors] | bytes … | struct PortTrailer
//                       only with MACH_MSGH_BITS_COMPLEX                 only when received
#ifndef SOJOURN_H
#define SOJOURN_H

#include <stddef.h>
#include <stdint.h>

/** The raw door: a7 is the number of the call. */
static inline long sojourn_call(long number, long a, long b, long c, long d, long e, long f) {
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall"
                   : "+r"(a0)
                   : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                   : "memory");
  return a0;
}

enum {
  CALL_HOST_NAME = -1,
  CALL_THREAD_CREATE = -2,
  CALL_TASK_CREATE = -3,
  CALL_VM_INHERIT = -4,
  CALL_REPLY_PORT = -20,
  CALL_BOOTSTRAP_PORT = -21,
  CALL_PORT_ALLOCATE = -22,
  CALL_PORT_DEALLOCATE = -23,
  CALL_PORT_DESTROY = -24,
  CALL_PORT_MOD_REFS = -25,
  CALL_PORT_INSERT_RIGHT = -26,
  CALL_PORT_MOVE_MEMBER = -27,
  CALL_PORT_REQUEST_NOTIFICATION = -28,
  CALL_PORT_NAMES = -29,
  CALL_PORT_TYPE = -30,
  CALL_PORT_GET_REFS = -31,
  CALL_PORT_GET_STATUS = -32,
  CALL_PORT_SET_QLIMIT = -33,
  CALL_PORT_SET_MSCOUNT = -34,
  CALL_PORT_GET_SET_MEMBERS = -35,
  CALL_PORT_MESSAGE = -36,
  CALL_VM_MAP = -40,
};

/** Puts the name of the host that runs the caller into `buffer`, with a final zero. Returns its
    length, or a negative errno: any other kernel answers that it has no such call. */
static inline long host_name(char *buffer, size_t bytes) {
  return sojourn_call(CALL_HOST_NAME, (long)buffer, (long)bytes, 0, 0, 0, 0);
}

/** Starts a thread at `entry` with `argument` in a0; `stack` is the end of its stack. `entry` must
    not return. Returns the thread's id, or a negative errno. */
static inline long thread_create(void (*entry)(void *), void *stack, void *argument) {
  return sojourn_call(CALL_THREAD_CREATE, (long)entry, (long)stack, (long)argument, 0, 0, 0);
}

/** Makes a task that starts at `entry` with `argument` in a0 and the caller's other registers, on its
    host and at home where the caller is. Its memory is what `vm_inherit` said of each range: private
    memory copied, shared memory shared, if nothing was said. It has the caller's open files, but for
    pipes, and none of its ports. `entry` must not return. Returns the task's id, or a negative errno. */
static inline long task_create(void (*entry)(void *), void *stack, void *argument) {
  return sojourn_call(CALL_TASK_CREATE, (long)entry, (long)stack, (long)argument, 0, 0, 0);
}

enum { VM_INHERIT_SHARE = 0, VM_INHERIT_COPY = 1, VM_INHERIT_NONE = 2, VM_INHERIT_ZERO = 3 };

/** Says what tasks made from now on have in place of the pages: the same memory, a copy, a hole, or
    zeros. Memory that others may write to can be neither copied nor zeroed: -ENOMEM. */
static inline long vm_inherit(void *address, size_t bytes, int inheritance) {
  return sojourn_call(CALL_VM_INHERIT, (long)address, (long)bytes, inheritance, 0, 0, 0);
}

// Ports. -----------------------------------------------------------------------------------------

/** A task's name for a right. A name whose right has gone is never taken for another's at once: its
    low eight bits are a generation. */
typedef uint32_t PortName;
#define MACH_PORT_NULL ((PortName)0)
#define MACH_PORT_DEAD (~(PortName)0)

/** Results of the calls on ports; 0 is success. */
enum {
  KERN_SUCCESS = 0,
  KERN_INVALID_ADDRESS = 1,
  KERN_NO_SPACE = 3,
  KERN_INVALID_ARGUMENT = 4,
  KERN_NOT_IN_SET = 12,
  KERN_NAME_EXISTS = 13,
  KERN_INVALID_NAME = 15,
  KERN_INVALID_RIGHT = 17,
  KERN_INVALID_VALUE = 18,
  KERN_UREFS_OVERFLOW = 19,
  KERN_INVALID_CAPABILITY = 20,
  KERN_RIGHT_EXISTS = 21,
};

/** Kinds of rights, for calls that take one. */
enum {
  MACH_PORT_RIGHT_SEND = 0,
  MACH_PORT_RIGHT_RECEIVE = 1,
  MACH_PORT_RIGHT_SEND_ONCE = 2,
  MACH_PORT_RIGHT_PORT_SET = 3,
  MACH_PORT_RIGHT_DEAD_NAME = 4,
};

/** What a name stands for, as `port_type` answers: SEND and RECEIVE may come together. */
#define MACH_PORT_TYPE_SEND UINT32_C(0x10000)
#define MACH_PORT_TYPE_RECEIVE UINT32_C(0x20000)
#define MACH_PORT_TYPE_SEND_ONCE UINT32_C(0x40000)
#define MACH_PORT_TYPE_PORT_SET UINT32_C(0x80000)
#define MACH_PORT_TYPE_DEAD_NAME UINT32_C(0x100000)
#define MACH_PORT_TYPE_DNREQUEST UINT32_C(0x80000000)

/** What happens to a right that goes into a message; in received messages 16 to 18 say what came. */
enum {
  MACH_MSG_TYPE_MOVE_RECEIVE = 16,
  MACH_MSG_TYPE_MOVE_SEND = 17,
  MACH_MSG_TYPE_MOVE_SEND_ONCE = 18,
  MACH_MSG_TYPE_COPY_SEND = 19,
  MACH_MSG_TYPE_MAKE_SEND = 20,
  MACH_MSG_TYPE_MAKE_SEND_ONCE = 21,
  MACH_MSG_TYPE_PORT_RECEIVE = 16,
  MACH_MSG_TYPE_PORT_SEND = 17,
  MACH_MSG_TYPE_PORT_SEND_ONCE = 18,
};

enum { MACH_PORT_QLIMIT_DEFAULT = 5, MACH_PORT_QLIMIT_MAX = 16, MACH_PORT_UREFS_MAX = 65535 };

/** A port for replies: like port_allocate of a receive right. MACH_PORT_NULL if there is no room. */
static inline PortName reply_port(void) {
  return (PortName)sojourn_call(CALL_REPLY_PORT, 0, 0, 0, 0, 0, 0);
}

/** A send right to the name server, where tasks find each other: see `names_register`. */
static inline PortName bootstrap_port(void) {
  return (PortName)sojourn_call(CALL_BOOTSTRAP_PORT, 0, 0, 0, 0, 0, 0);
}

/** Makes a port (MACH_PORT_RIGHT_RECEIVE), an empty port set or a dead name. */
static inline long port_allocate(int right, PortName *name) {
  return sojourn_call(CALL_PORT_ALLOCATE, right, (long)name, 0, 0, 0, 0);
}

/** Gives up one user reference of a send right, a send-once right or a dead name. */
static inline long port_deallocate(PortName name) {
  return sojourn_call(CALL_PORT_DEALLOCATE, name, 0, 0, 0, 0, 0);
}

/** Gives up all that the name stands for. A port whose receive right goes dies. */
static inline long port_destroy(PortName name) {
  return sojourn_call(CALL_PORT_DESTROY, name, 0, 0, 0, 0, 0);
}

/** Changes the user references that the name has of that kind of right by `delta`. */
static inline long port_mod_refs(PortName name, int right, int delta) {
  return sojourn_call(CALL_PORT_MOD_REFS, name, right, delta, 0, 0, 0);
}

/** Inserts a right as if it had been sent with `disposition` and received under `name`, which has to
    be the caller's name for that port, or free: with (p, p, MAKE_SEND) a task gets a send right to
    its own port. */
static inline long port_insert_right(PortName name, PortName right, int disposition) {
  return sojourn_call(CALL_PORT_INSERT_RIGHT, name, right, disposition, 0, 0, 0);
}

/** Puts a receive right into a port set, or with MACH_PORT_NULL takes it out of the one it is in. */
static inline long port_move_member(PortName member, PortName set) {
  return sojourn_call(CALL_PORT_MOVE_MEMBER, member, set, 0, 0, 0, 0);
}

/** Ids of the messages that the kernel sends to those who asked for them. */
enum {
  MACH_NOTIFY_PORT_DELETED = 65,
  MACH_NOTIFY_NO_SENDERS = 70,
  MACH_NOTIFY_SEND_ONCE = 71,
  MACH_NOTIFY_DEAD_NAME = 72,
};

/** Asks for a message by the send-once right `notify` (with `disposition` MAKE_SEND_ONCE or
    MOVE_SEND_ONCE; MACH_PORT_NULL cancels): MACH_NOTIFY_DEAD_NAME, when the port of this send right
    dies (with `sync`, also when it is dead already), or MACH_NOTIFY_NO_SENDERS, when there are no
    send rights to this port any more and at least `sync` have been made. `previous` gets the
    send-once right of an earlier request, or MACH_PORT_NULL. */
static inline long port_request_notification(PortName name, int which, uint32_t sync,
                                             PortName notify, int disposition, PortName *previous) {
  return sojourn_call(CALL_PORT_REQUEST_NOTIFICATION, name, which, sync, notify, disposition,
                      (long)previous);
}

/** All names of the task in ascending order, with their types. `count` says how many fit, then how
    many there are; with KERN_NO_SPACE nothing was written but `count`. */
static inline long port_names(PortName *names, uint32_t *types, uint32_t *count) {
  return sojourn_call(CALL_PORT_NAMES, (long)names, (long)types, (long)count, 0, 0, 0);
}

/** What the name stands for: MACH_PORT_TYPE_ bits. */
static inline long port_type(PortName name, uint32_t *type) {
  return sojourn_call(CALL_PORT_TYPE, name, (long)type, 0, 0, 0, 0);
}

/** User references that the name has of that kind of right. */
static inline long port_get_refs(PortName name, int right, uint32_t *references) {
  return sojourn_call(CALL_PORT_GET_REFS, name, right, (long)references, 0, 0, 0);
}

struct PortStatus {
  PortName set;           // the port set that it is in, or MACH_PORT_NULL
  uint32_t sequence;      // the number that the next received message will have
  uint32_t make_sends;    // send rights made of this receive right
  uint32_t queue_limit;   // messages that fit before senders have to wait
  uint32_t message_count; // messages in the queue now
  uint32_t send_once;     // send-once rights that exist, wherever they are
  uint32_t send_rights;   // 1 if there are send rights anywhere
  uint32_t no_senders;    // 1 if a no-senders notification has been asked for
};
_Static_assert(sizeof(struct PortStatus) == 32, "as the kernel writes it");

/** The state of a port whose receive right the task has. */
static inline long port_get_status(PortName name, struct PortStatus *status) {
  return sojourn_call(CALL_PORT_GET_STATUS, name, (long)status, 0, 0, 0, 0);
}

/** Sets the queue limit, 1 to MACH_PORT_QLIMIT_MAX; not below what is queued now. */
static inline long port_set_qlimit(PortName name, uint32_t limit) {
  return sojourn_call(CALL_PORT_SET_QLIMIT, name, limit, 0, 0, 0, 0);
}

/** Sets the count of send rights made. */
static inline long port_set_mscount(PortName name, uint32_t count) {
  return sojourn_call(CALL_PORT_SET_MSCOUNT, name, count, 0, 0, 0, 0);
}

/** The members of a port set; `count` as in `port_names`. */
static inline long port_get_set_members(PortName set, PortName *members, uint32_t *count) {
  return sojourn_call(CALL_PORT_GET_SET_MEMBERS, set, (long)members, (long)count, 0, 0, 0);
}

// Messages. --------------------------------------------------------------------------------------

struct PortHeader {
  uint32_t bits;     // MACH_MSGH_BITS(remote, local) and perhaps MACH_MSGH_BITS_COMPLEX
  uint32_t size;     // received: bytes of the message without its trailer; ignored in sending
  PortName remote;   // sent: where to; received: the reply right
  PortName local;    // sent: the reply right or MACH_PORT_NULL; received: the port it came to
  uint32_t reserved; // zero
  int32_t id;        // means what sender and receiver agree on
};

#define MACH_MSGH_BITS(remote, local) ((uint32_t)((remote) | (local) << 8))
#define MACH_MSGH_BITS_COMPLEX UINT32_C(0x80000000)
#define MACH_MSGH_BITS_REMOTE(bits) ((bits) & 0xff)
#define MACH_MSGH_BITS_LOCAL(bits) ((bits) >> 8 & 0xff)

/** Kinds of descriptors, in their last byte but four. */
enum { MACH_MSG_PORT_DESCRIPTOR = 0, MACH_MSG_OOL_DESCRIPTOR = 1, MACH_MSG_OOL_PORTS_DESCRIPTOR = 2 };

/** A right. */
struct PortDescriptor {
  PortName name;
  uint32_t pad1;
  uint16_t pad2;
  uint8_t disposition;
  uint8_t type; // MACH_MSG_PORT_DESCRIPTOR
};

/** Memory out of line: the receiver gets a copy in pages of its own. */
struct MemoryDescriptor {
  uint64_t address;
  uint8_t deallocate; // sending: 1 unmaps the pages that it lies on
  uint8_t copy;       // any: the kernel chooses how
  uint8_t pad;
  uint8_t type; // MACH_MSG_OOL_DESCRIPTOR
  uint32_t size;
} __attribute__((packed, aligned(4)));

/** An array of rights out of line. */
struct PortsDescriptor {
  uint64_t address; // of PortName[count]
  uint8_t deallocate;
  uint8_t copy;
  uint8_t disposition; // of all of them
  uint8_t type;        // MACH_MSG_OOL_PORTS_DESCRIPTOR
  uint32_t count;
} __attribute__((packed, aligned(4)));

/** Follows a received message, on the next multiple of four bytes. */
struct PortTrailer {
  uint32_t type; // 0
  uint32_t size; // of the trailer
  uint32_t sequence; // counts the messages received at this port
  uint32_t pad;
  uint64_t sender; // the sender's pid; 0 for the operator, kernels and native servers
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct PortHeader) == 24, "as the kernel reads it");
_Static_assert(sizeof(struct PortDescriptor) == 12, "as the kernel reads it");
_Static_assert(sizeof(struct MemoryDescriptor) == 16, "as the kernel reads it");
_Static_assert(sizeof(struct PortsDescriptor) == 16, "as the kernel reads it");
_Static_assert(sizeof(struct PortTrailer) == 24, "as the kernel writes it");

/** Options of `port_message`. */
enum {
  MACH_SEND_MSG = 0x1,
  MACH_RCV_MSG = 0x2,
  MACH_RCV_LARGE = 0x4,     // a message that does not fit stays queued; `size` says what it needs
  MACH_SEND_TIMEOUT = 0x10, // `timeout` is how long to wait for room; 0: not at all
  MACH_SEND_INTERRUPT = 0x40,
  MACH_RCV_TIMEOUT = 0x100, // `timeout` is how long to wait for a message
  MACH_RCV_INTERRUPT = 0x400,
};

/** The longest wait that `port_message` is told of; longer ones last as long as this. */
#define PORT_TIMEOUT_MAX_NS UINT64_C(9000000000000000)

/** Results of `port_message`; 0 is success. */
enum {
  MACH_SEND_INVALID_DATA = 0x10000002,
  MACH_SEND_INVALID_DEST = 0x10000003,
  MACH_SEND_TIMED_OUT = 0x10000004,
  MACH_SEND_INTERRUPTED = 0x10000007,
  MACH_SEND_MSG_TOO_SMALL = 0x10000008,
  MACH_SEND_INVALID_REPLY = 0x10000009,
  MACH_SEND_INVALID_RIGHT = 0x1000000a,
  MACH_SEND_INVALID_MEMORY = 0x1000000c,
  MACH_SEND_NO_BUFFER = 0x1000000d,
  MACH_SEND_INVALID_TYPE = 0x1000000f,
  MACH_SEND_INVALID_HEADER = 0x10000010,
  MACH_RCV_INVALID_NAME = 0x10004002,
  MACH_RCV_TIMED_OUT = 0x10004003,
  MACH_RCV_TOO_LARGE = 0x10004004,
  MACH_RCV_INTERRUPTED = 0x10004005,
  MACH_RCV_PORT_CHANGED = 0x10004006,
  MACH_RCV_INVALID_DATA = 0x10004008,
  MACH_RCV_PORT_DIED = 0x10004009,
  MACH_RCV_IN_SET = 0x1000400a,
  MACH_RCV_BODY_ERROR = 0x1000400c,
};

/** Sends the message at `header`, `send_size` bytes with its header, and then receives one from
    `receive` (a port or a port set) into the same place, which has `receive_limit` bytes for message
    and trailer; either is done only if the options say so. `timeout` is in nanoseconds.

    A send that was not done (timed out, interrupted) has put the rights back: the message has the
    names under which the caller has them now and can be sent again. A send whose port's host died
    counts as done, as in Mach. Interrupted waits go on unless the options say that they shall not;
    whatever was sent is not sent again. */
static inline long port_message(struct PortHeader *header, unsigned options, size_t send_size,
                                size_t receive_limit, PortName receive, uint64_t timeout) {
  long result;
  int again;
  do {
    result = sojourn_call(CALL_PORT_MESSAGE, (long)header, options, (long)send_size,
                          (long)receive_limit, receive, (long)timeout);
    again = (result == MACH_SEND_INTERRUPTED && !(options & MACH_SEND_INTERRUPT)) ||
            (result == MACH_RCV_INTERRUPTED && !(options & MACH_RCV_INTERRUPT));
    if (result == MACH_RCV_INTERRUPTED) options &= ~(unsigned)MACH_SEND_MSG;
  } while (again);
  return result;
}

/** Sends; waits while the queue is full. */
static inline long port_send(struct PortHeader *header, size_t size) {
  return port_message(header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, 0);
}

/** Receives; waits for a message. */
static inline long port_receive(struct PortHeader *header, size_t limit, PortName port) {
  return port_message(header, MACH_RCV_MSG, 0, limit, port, 0);
}

/** The trailer of a received message. */
static inline const struct PortTrailer *port_trailer(const struct PortHeader *header) {
  return (const struct PortTrailer *)((const char *)header + ((header->size + 3) & ~UINT32_C(3)));
}

// Memory objects of other tasks: <pager.h> has what their pagers say. ------------------------------

/** Flags of `vm_map`, beside PROT_READ 1, PROT_WRITE 2 and PROT_EXEC 4. Without one of the last three
    it is done what the pager says when it does not answer in time, and that is to wait if it says
    nothing: VM_MAP_ERROR is SIGBUS at the touch, VM_MAP_SUBSTITUTE a page of zeros. */
enum {
  VM_MAP_COPY = 0x10,
  VM_MAP_WAIT = 0x100,
  VM_MAP_ERROR = 0x200,
  VM_MAP_SUBSTITUTE = 0x300,
};

/** Shows `bytes` of the memory object whose port `object` is a send right to, from `offset` on, at
    `address`, where nothing may be mapped, or with 0 anywhere. All tasks of a host that map an object
    see the same pages; with VM_MAP_COPY what is written stays private. `patience` in nanoseconds.
    Returns the address or a negative errno; what is unmapped (munmap) is given up. */
static inline long vm_map(void *address, size_t bytes, PortName object, uint64_t offset,
                          unsigned flags, uint64_t patience) {
  return sojourn_call(CALL_VM_MAP, (long)address, (long)bytes, object, (long)offset, flags,
                      (long)patience);
}

// Names. -----------------------------------------------------------------------------------------

/** Requests to the name server at the bootstrap port. An answer has the request's id plus 100. */
enum { NAMES_REGISTER = 400, NAMES_LOOK_UP = 401, NAMES_AWAIT = 402, NAMES_ANSWER = 100 };

/** What the name server answers, beside 0. */
enum { NAMES_IN_USE = 1101, NAMES_UNKNOWN = 1102, NAMES_MALFORMED = 1103, NAMES_FULL = 1104,
       NAMES_GONE = 1105 };

enum { NAMES_BYTES_MAX = 63 };

/** A request: COMPLEX with one right to register, else without; `text` ends with a zero. */
struct NamesRequest {
  struct PortHeader header;
  char text[NAMES_BYTES_MAX + 1];
};

struct NamesRegister {
  struct PortHeader header;
  uint32_t count;
  struct PortDescriptor right;
  char text[NAMES_BYTES_MAX + 1];
};

/** An answer: COMPLEX with the right that was looked up, else without. */
struct NamesAnswer {
  struct PortHeader header;
  union {
    struct {
      uint32_t result; // why there is none
    } plain;
    struct {
      uint32_t count;
      struct PortDescriptor right;
      uint32_t result;
    } found;
  } body;
};

static inline void names_copy(char *target, const char *text) {
  size_t at = 0;
  for (; at < NAMES_BYTES_MAX && text[at]; at++) target[at] = text[at];
  for (; at <= NAMES_BYTES_MAX; at++) target[at] = 0;
}

/** Sends one of the requests, which lies at the start of `buffer`, and waits for the answer. */
static inline long names_ask(struct PortHeader *header, size_t size, size_t limit, uint32_t complex) {
  PortName server = bootstrap_port();
  PortName answer = reply_port();
  if (!server || !answer) return KERN_NO_SPACE;
  header->bits =
      MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE) | complex;
  header->remote = server;
  header->local = answer;
  header->reserved = 0;
  long result = port_message(header, MACH_SEND_MSG | MACH_RCV_MSG, size, limit, answer, 0);
  port_mod_refs(answer, MACH_PORT_RIGHT_RECEIVE, -1);
  port_deallocate(server);
  if (result) return result;
  return header->id == MACH_NOTIFY_SEND_ONCE ? NAMES_GONE : 0;
}

/** Registers a send right to the port `port`, whose receive right the caller has, under `text`. The
    name is free again when the port dies. Returns 0, NAMES_IN_USE, or another result. */
static inline long names_register(const char *text, PortName port) {
  union {
    struct NamesRegister request;
    struct NamesAnswer answer;
    char room[sizeof(struct NamesRegister) + sizeof(struct PortTrailer)];
  } m;
  m.request.header.id = NAMES_REGISTER;
  m.request.count = 1;
  m.request.right = (struct PortDescriptor){port, 0, 0, MACH_MSG_TYPE_MAKE_SEND, 0};
  names_copy(m.request.text, text);
  long result = names_ask(&m.request.header, sizeof m.request, sizeof m, MACH_MSGH_BITS_COMPLEX);
  return result ? result : (long)m.answer.body.plain.result;
}

static inline long names_find(int id, const char *text, PortName *name) {
  union {
    struct NamesRequest request;
    struct NamesAnswer answer;
    char room[sizeof(struct NamesRegister) + sizeof(struct PortTrailer)];
  } m;
  *name = MACH_PORT_NULL;
  m.request.header.id = id;
  names_copy(m.request.text, text);
  long result = names_ask(&m.request.header, sizeof m.request, sizeof m, 0);
  if (result) return result;
  if (!(m.answer.header.bits & MACH_MSGH_BITS_COMPLEX)) return (long)m.answer.body.plain.result;
  *name = m.answer.body.found.right.name;
  return (long)m.answer.body.found.result;
}

/** A send right to the port that is registered under `text`, or MACH_PORT_NULL. Returns 0,
    NAMES_UNKNOWN, or another result. */
static inline long names_look_up(const char *text, PortName *name) {
  return names_find(NAMES_LOOK_UP, text, name);
}

/** As names_look_up, but waits until somebody registers that name. */
static inline long names_await(const char *text, PortName *name) {
  return names_find(NAMES_AWAIT, text, name);
}

#endif
