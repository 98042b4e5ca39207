// storm collect NAME SENDERS: registers a port under NAME and receives until SENDERS threads have said
// that they are done; checks that each one's messages come once and in order, and their memory whole.
// storm send NAME THREADS MESSAGES: so many threads send so many numbered messages each; every third has
// memory out of line, and a right that is given back.
// storm hold NAME: registers a port and receives nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sojourn.h"

enum { THREADS_MAX = 16, MEMORY_BYTES = 5000, DONE = 1, NUMBER = 2 };

struct Numbered {
  struct PortHeader header;
  uint32_t count;
  struct MemoryDescriptor memory;
  struct PortDescriptor right;
  uint64_t thread, number;
};

union Message {
  struct Numbered numbered;
  char room[256];
};

static PortName target, mine;
static long messages;
static char stacks[THREADS_MAX][16384] __attribute__((aligned(16)));
static unsigned char memory[MEMORY_BYTES];
static volatile long failed;
static long finished;

static int collect(const char *name, long senders) {
  static long next[1 << 16];
  PortName port = reply_port();
  if (names_register(name, port)) return 1;
  long received = 0;
  while (senders > 0) {
    union Message m;
    long result = port_receive(&m.numbered.header, sizeof m, port);
    if (result) {
      printf("receive: %#lx\n", result);
      return 1;
    }
    uint64_t key = (port_trailer(&m.numbered.header)->sender * 31 + m.numbered.thread) & 0xffff;
    if (m.numbered.header.id == DONE) {
      senders--;
      continue;
    }
    if ((long)m.numbered.number != next[key]) {
      printf("thread %lu of %lu: message %lu, expected %ld\n", (long)m.numbered.thread,
             (long)port_trailer(&m.numbered.header)->sender, (long)m.numbered.number, next[key]);
      return 1;
    }
    next[key]++;
    received++;
    const unsigned char *bytes = (const unsigned char *)m.numbered.memory.address;
    for (uint32_t at = 0; at < m.numbered.memory.size; at++)
      if (bytes[at] != (unsigned char)(at * 7)) {
        printf("memory differs at %u\n", at);
        return 1;
      }
    if (m.numbered.memory.size) sojourn_call(215, (long)bytes, 8192, 0, 0, 0, 0);
    if (m.numbered.right.name && (result = port_deallocate(m.numbered.right.name))) {
      printf("right %#x of message %ld: %#lx\n", m.numbered.right.name, received, result);
      return 1;
    }
  }
  printf("%ld messages\n", received);
  return 0;
}

// Threads make kernel calls and nothing else: there is no C library under them.
static void send_all(void *argument) {
  uint64_t thread = (uint64_t)argument;
  for (long number = 0; number <= messages; number++) {
    int whole = number % 3 == 0 && number < messages;
    union Message m;
    __builtin_memset(&m, 0, sizeof m);
    m.numbered.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    m.numbered.header.remote = target;
    m.numbered.header.id = number < messages ? NUMBER : DONE;
    m.numbered.count = 2;
    m.numbered.memory.type = MACH_MSG_OOL_DESCRIPTOR;
    if (whole) {
      m.numbered.memory.address = (uint64_t)memory;
      m.numbered.memory.size = MEMORY_BYTES;
      m.numbered.right.name = mine;
    }
    m.numbered.right.disposition = MACH_MSG_TYPE_MAKE_SEND;
    m.numbered.thread = thread;
    m.numbered.number = (uint64_t)number;
    if (port_send(&m.numbered.header, sizeof m.numbered)) failed = 1;
  }
  __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
  if (thread) sojourn_call(93, 0, 0, 0, 0, 0, 0); // exit: this thread only
}

static int send(const char *name, long threads) {
  for (int at = 0; at < MEMORY_BYTES; at++) memory[at] = (unsigned char)(at * 7);
  mine = reply_port();
  PortName before;
  if (names_await(name, &target)) return 1;
  puts("ready");
  fflush(stdout);
  usleep(20000);
  for (long thread = 1; thread < threads; thread++)
    thread_create(send_all, stacks[thread] + sizeof stacks[thread], (void *)thread);
  send_all(0);
  while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < threads) usleep(500);
  // All rights to our port come back when the collector and the messages have done with them.
  if (port_request_notification(mine, MACH_NOTIFY_NO_SENDERS, 0, mine, MACH_MSG_TYPE_MAKE_SEND_ONCE,
                                &before))
    return 1;
  union Message m;
  if (port_receive(&m.numbered.header, sizeof m, mine)) return 1;
  if (m.numbered.header.id != MACH_NOTIFY_NO_SENDERS) return 1;
  puts(failed ? "failed" : "sent");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && !strcmp(argv[1], "collect")) return collect(argv[2], atol(argv[3]));
  if (argc == 5 && !strcmp(argv[1], "send")) {
    messages = atol(argv[4]);
    return send(argv[2], atol(argv[3]));
  }
  if (argc == 3 && names_register(argv[2], reply_port())) return 1;
  for (;;) sleep(1000);
}
