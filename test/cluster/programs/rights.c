// rights NAME: copies a right to the port NAME until it has to be given more transits. Without NAME:
// the calls on ports as a C program meets them: names, rights, messages with everything in them,
// sets, notifications, timeouts, and threads that wait for each other. Prints `ok` and ends with 0, or
// the line of the first check that failed and ends with 1.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sojourn.h"

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      printf("line %d: %s\n", __LINE__, #condition); \
      exit(1); \
    } \
  } while (0)

#define IS(call, expected) \
  do { \
    long got = (call); \
    if (got != (long)(expected)) { \
      printf("line %d: %s is %#lx, not %#lx\n", __LINE__, #call, got, (long)(expected)); \
      exit(1); \
    } \
  } while (0)

union Message {
  struct PortHeader header;
  struct {
    struct PortHeader header;
    uint32_t count;
    struct PortDescriptor port;
    struct MemoryDescriptor memory;
    struct PortsDescriptor ports;
    char text[12];
  } full;
  char room[512];
};

static uint32_t type_of(PortName name) {
  uint32_t type = 0;
  IS(port_type(name, &type), KERN_SUCCESS);
  return type;
}

static PortName port_to_send(void) {
  PortName port = reply_port();
  IS(port_insert_right(port, port, MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
  return port;
}

static long send_empty(PortName port, int disposition, int id, unsigned options, uint64_t timeout) {
  union Message m = {.header = {.bits = MACH_MSGH_BITS(disposition, 0), .remote = port, .id = id}};
  return port_message(&m.header, MACH_SEND_MSG | options, sizeof m.header, 0, 0, timeout);
}

static void names_and_rights(void) {
  PortName name;
  IS(port_allocate(MACH_PORT_RIGHT_RECEIVE, &name), KERN_SUCCESS);
  CHECK(name != MACH_PORT_NULL && name != MACH_PORT_DEAD);
  IS(type_of(name), MACH_PORT_TYPE_RECEIVE);
  IS(port_insert_right(name, name, MACH_MSG_TYPE_MAKE_SEND), KERN_SUCCESS);
  IS(type_of(name), MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND);
  uint32_t references;
  IS(port_mod_refs(name, MACH_PORT_RIGHT_SEND, 4), KERN_SUCCESS);
  IS(port_get_refs(name, MACH_PORT_RIGHT_SEND, &references), KERN_SUCCESS);
  IS(references, 5);
  IS(port_mod_refs(name, MACH_PORT_RIGHT_SEND, 65535), KERN_UREFS_OVERFLOW);
  IS(port_mod_refs(name, MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
  IS(type_of(name), MACH_PORT_TYPE_DEAD_NAME);
  IS(port_mod_refs(name, MACH_PORT_RIGHT_DEAD_NAME, -5), KERN_SUCCESS);
  uint32_t type;
  IS(port_type(name, &type), KERN_INVALID_NAME);
  IS(port_allocate(MACH_PORT_RIGHT_RECEIVE, (PortName *)16), KERN_INVALID_ADDRESS);
}

static void everything_in_a_message(void) {
  PortName port = port_to_send();
  PortName answers = reply_port();
  PortName carried = reply_port();
  PortName list[3] = {carried, MACH_PORT_NULL, MACH_PORT_DEAD};
  size_t bytes = 3 * 4096;
  char *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t at = 0; at < bytes; at++) data[at] = (char)(at * 31);

  union Message m = {0};
  m.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE) |
                  MACH_MSGH_BITS_COMPLEX;
  m.header.remote = port;
  m.header.local = answers;
  m.header.id = -42;
  m.full.count = 3;
  m.full.port = (struct PortDescriptor){carried, 0, 0, MACH_MSG_TYPE_MAKE_SEND_ONCE, 0};
  m.full.memory =
      (struct MemoryDescriptor){(uint64_t)data, 1, 0, 0, MACH_MSG_OOL_DESCRIPTOR, bytes - 5};
  m.full.ports = (struct PortsDescriptor){
      (uint64_t)list, 0, 0, MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_OOL_PORTS_DESCRIPTOR, 3};
  strcpy(m.full.text, "in line");
  IS(port_send(&m.header, sizeof m.full), 0);

  memset(&m, 0, sizeof m);
  IS(port_receive(&m.header, sizeof m, port), 0);
  IS(m.header.id, -42);
  IS(m.header.size, sizeof m.full);
  IS(m.header.local, port);
  IS(MACH_MSGH_BITS_REMOTE(m.header.bits), MACH_MSG_TYPE_PORT_SEND_ONCE);
  IS(strcmp(m.full.text, "in line"), 0);
  IS(port_trailer(&m.header)->sender, getpid());
  IS(type_of(m.full.port.name), MACH_PORT_TYPE_SEND_ONCE);
  IS(m.full.memory.size, bytes - 5);
  char *copy = (char *)m.full.memory.address;
  for (size_t at = 0; at < bytes - 5; at++) CHECK(copy[at] == (char)(at * 31));
  PortName *names = (PortName *)m.full.ports.address;
  IS(m.full.ports.count, 3);
  IS(names[0], carried);
  IS(names[1], MACH_PORT_NULL);
  IS(names[2], MACH_PORT_DEAD);
  IS(type_of(carried), MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND);

  // Each send-once right gives one message or one notification.
  IS(port_deallocate(m.full.port.name), KERN_SUCCESS);
  PortName once = m.header.remote;
  IS(port_receive(&m.header, sizeof m, carried), 0);
  IS(m.header.id, MACH_NOTIFY_SEND_ONCE);
  IS(send_empty(once, MACH_MSG_TYPE_MOVE_SEND_ONCE, 6, 0, 0), 0);
  IS(port_receive(&m.header, sizeof m, answers), 0);
  IS(m.header.id, 6);
}

static void limits_and_times(void) {
  PortName port = port_to_send();
  union Message m;
  for (int id = 0; id < MACH_PORT_QLIMIT_DEFAULT; id++)
    IS(send_empty(port, MACH_MSG_TYPE_COPY_SEND, id, MACH_SEND_TIMEOUT, 0), 0);
  IS(send_empty(port, MACH_MSG_TYPE_COPY_SEND, 9, MACH_SEND_TIMEOUT, 1000), MACH_SEND_TIMED_OUT);
  IS(send_empty(port, MACH_MSG_TYPE_MAKE_SEND_ONCE, 10, MACH_SEND_TIMEOUT, 0), 0);
  struct PortStatus status;
  IS(port_get_status(port, &status), KERN_SUCCESS);
  IS(status.message_count, 6);
  IS(port_set_qlimit(port, 5), KERN_INVALID_VALUE);
  for (int id = 0; id < 6; id++) {
    IS(port_receive(&m.header, sizeof m, port), 0);
    IS(m.header.id, id < 5 ? id : 10);
    IS(port_trailer(&m.header)->sequence, id);
  }
  const unsigned poll = MACH_RCV_MSG | MACH_RCV_TIMEOUT;
  IS(port_message(&m.header, poll, 0, sizeof m, port, 0), MACH_RCV_TIMED_OUT);
  IS(port_message(&m.header, poll, 0, sizeof m, port, 3000000), MACH_RCV_TIMED_OUT);
  IS(send_empty(port, MACH_MSG_TYPE_COPY_SEND, 1, 0, 0), 0);
  IS(port_message(&m.header, poll | MACH_RCV_LARGE, 0, 30, port, 0), MACH_RCV_TOO_LARGE);
  IS(m.header.size, sizeof m.header + sizeof(struct PortTrailer));
  IS(port_message(&m.header, poll, 0, 48, port, 0), 0);
}

static void sets_and_notifications(void) {
  PortName set;
  PortName notices = reply_port();
  PortName one = port_to_send();
  PortName two = port_to_send();
  PortName before = 1;
  union Message m;
  IS(port_allocate(MACH_PORT_RIGHT_PORT_SET, &set), KERN_SUCCESS);
  IS(port_move_member(one, set), KERN_SUCCESS);
  IS(port_move_member(two, set), KERN_SUCCESS);
  IS(send_empty(two, MACH_MSG_TYPE_COPY_SEND, 1, 0, 0), 0);
  IS(send_empty(one, MACH_MSG_TYPE_COPY_SEND, 2, 0, 0), 0);
  IS(port_receive(&m.header, sizeof m, one), MACH_RCV_IN_SET);
  IS(port_receive(&m.header, sizeof m, set), 0);
  IS(m.header.local, two);
  IS(port_receive(&m.header, sizeof m, set), 0);
  IS(m.header.local, one);

  IS(port_request_notification(one, MACH_NOTIFY_NO_SENDERS, 0, notices,
                               MACH_MSG_TYPE_MAKE_SEND_ONCE, &before),
     KERN_SUCCESS);
  IS(before, MACH_PORT_NULL);
  IS(port_deallocate(one), KERN_SUCCESS);
  IS(port_receive(&m.header, sizeof m, notices), 0);
  IS(m.header.id, MACH_NOTIFY_NO_SENDERS);
  IS(*(uint32_t *)(&m.header + 1), 1);

  IS(port_insert_right(two + 256 * 50, two, MACH_MSG_TYPE_MAKE_SEND_ONCE), KERN_SUCCESS);
  PortName once = two + 256 * 50;
  IS(port_request_notification(once, MACH_NOTIFY_DEAD_NAME, 1, notices,
                               MACH_MSG_TYPE_MAKE_SEND_ONCE, &before),
     KERN_SUCCESS);
  IS(port_destroy(two), KERN_SUCCESS);
  IS(port_receive(&m.header, sizeof m, notices), 0);
  IS(m.header.id, MACH_NOTIFY_DEAD_NAME);
  IS(*(uint32_t *)(&m.header + 1), once);
  IS(type_of(once), MACH_PORT_TYPE_DEAD_NAME);
  uint32_t count = 0;
  IS(port_get_set_members(set, NULL, &count), KERN_NO_SPACE);
  IS(count, 1);
}

static char stack[65536] __attribute__((aligned(16)));
static PortName requests;

// A thread without a C library under it: it makes kernel calls and nothing else.
static void serve(void *unused) {
  (void)unused;
  for (;;) {
    union Message m;
    if (port_receive(&m.header, sizeof m, requests)) break;
    m.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
    m.header.local = MACH_PORT_NULL;
    m.header.id++;
    if (port_send(&m.header, sizeof m.header)) break;
  }
  sojourn_call(93, 0, 0, 0, 0, 0, 0); // exit: this thread only
}

static void calls_between_threads(void) {
  requests = port_to_send();
  PortName answers = reply_port();
  CHECK(thread_create(serve, stack + sizeof stack, NULL) > 0);
  for (int id = 0; id < 50; id++) {
    union Message m = {0};
    m.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    m.header.remote = requests;
    m.header.local = answers;
    m.header.id = 2 * id;
    IS(port_message(&m.header, MACH_SEND_MSG | MACH_RCV_MSG, sizeof m.header, sizeof m, answers, 0),
       0);
    IS(m.header.id, 2 * id + 1);
  }
  IS(port_mod_refs(requests, MACH_PORT_RIGHT_RECEIVE, -1), KERN_SUCCESS);
}

static void names_of_ports(void) {
  PortName found;
  PortName port = reply_port();
  char word[32];
  sprintf(word, "rights-%d", getpid());
  IS(names_look_up(word, &found), NAMES_UNKNOWN);
  IS(names_register(word, port), 0);
  IS(names_register(word, port), NAMES_IN_USE);
  IS(names_register("", port), NAMES_MALFORMED);
  // More often than the transits of one right can be divided: the server asks for more.
  for (int time = 0; time < 150; time++) {
    IS(names_await(word, &found), 0);
    IS(found, port);
  }
  uint32_t references;
  IS(port_get_refs(port, MACH_PORT_RIGHT_SEND, &references), KERN_SUCCESS);
  IS(references, 150);
}

// Copies of a right to a port elsewhere that are all destroyed: each takes a part of its transits away,
// and when there is one left more have to come from the port's host.
static void copies_of(const char *word) {
  PortName remote;
  IS(names_await(word, &remote), 0);
  for (int time = 0; time < 150; time++) {
    PortName port = port_to_send();
    union Message m = {0};
    m.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    m.header.remote = port;
    m.full.count = 1;
    m.full.port = (struct PortDescriptor){remote, 0, 0, MACH_MSG_TYPE_COPY_SEND, 0};
    IS(port_send(&m.header, sizeof m.header + 16), 0);
    IS(port_destroy(port), KERN_SUCCESS);
  }
}

int main(int argc, char **argv) {
  if (argc > 1) {
    copies_of(argv[1]);
    puts("copied");
    return 0;
  }
  names_and_rights();
  everything_in_a_message();
  limits_and_times();
  sets_and_notifications();
  calls_between_threads();
  names_of_ports();
  puts("ok");
}
