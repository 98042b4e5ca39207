// courier take NAME ROUNDS: registers a port under NAME, and receives as many messages with much memory;
// checks every word of each, and writes to it; keeps the last few, which have to stay as they are.
// courier send NAME ROUNDS: sends them; every third from memory that goes with the message, the others
// from one buffer, which it writes again at once.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sojourn.h"

enum { WORDS = 9000, BYTES = WORDS * 8, KEPT = 5, SPAN = (BYTES + 4095) / 4096 * 4096 };

struct Parcel {
  struct PortHeader header;
  uint32_t count;
  struct MemoryDescriptor memory;
  uint64_t number;
};

union Message {
  struct Parcel parcel;
  char room[256];
};

static uint64_t word_of(uint64_t number, uint64_t at) { return number * 1000003 + at * 17; }

static void *pages(void) {
  void *memory = mmap(0, SPAN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(9);
  return memory;
}

static int differs(const uint64_t *words, uint64_t number, uint64_t mark) {
  for (uint64_t at = 0; at < WORDS; at++) {
    uint64_t wanted = at % 1000 == 0 ? word_of(number, at) + mark : word_of(number, at);
    if (words[at] != wanted) {
      printf("%lu: word %lu is %lu, not %lu\n", number, at, words[at], wanted);
      return 1;
    }
  }
  return 0;
}

static int take(const char *name, uint64_t rounds) {
  uint64_t *kept[KEPT] = {0};
  PortName port = reply_port();
  if (names_register(name, port)) return 1;
  for (uint64_t number = 0; number < rounds; number++) {
    union Message m;
    long result = port_receive(&m.parcel.header, sizeof m, port);
    if (result || m.parcel.number != number || m.parcel.memory.size != BYTES) {
      printf("%lu: %#lx, %lu, %u bytes\n", number, result, m.parcel.number, m.parcel.memory.size);
      return 1;
    }
    uint64_t *words = (uint64_t *)m.parcel.memory.address;
    if (differs(words, number, 0)) return 1;
    for (uint64_t at = 0; at < WORDS; at += 1000) words[at] += 5;
    uint64_t **place = &kept[number % KEPT];
    if (*place && (differs(*place, number - KEPT, 5) || munmap(*place, SPAN))) return 1;
    *place = words;
    if (number % 4 == 0) usleep(400); // so that some are queued
  }
  printf("%lu taken\n", rounds);
  return 0;
}

static int send(const char *name, uint64_t rounds) {
  PortName target;
  uint64_t *buffer = pages();
  if (names_await(name, &target)) return 1;
  for (uint64_t number = 0; number < rounds; number++) {
    int gives = number % 3 == 0;
    uint64_t *words = gives ? pages() : buffer;
    for (uint64_t at = 0; at < WORDS; at++) words[at] = word_of(number, at);
    union Message m;
    memset(&m, 0, sizeof m);
    m.parcel.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    m.parcel.header.remote = target;
    m.parcel.count = 1;
    m.parcel.memory = (struct MemoryDescriptor){
        (uint64_t)words, (uint8_t)gives, 0, 0, MACH_MSG_OOL_DESCRIPTOR, BYTES};
    m.parcel.number = number;
    long result = port_send(&m.parcel.header, sizeof m.parcel);
    if (result) {
      printf("%lu: %#lx\n", number, result);
      return 1;
    }
  }
  printf("%lu sent\n", rounds);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  uint64_t rounds = (uint64_t)atol(argv[3]);
  return strcmp(argv[1], "take") ? send(argv[2], rounds) : take(argv[2], rounds);
}
