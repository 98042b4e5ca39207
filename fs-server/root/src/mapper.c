// mapper NAME [PAGES [ROUNDS [wait|error|substitute|copy]]]: maps the object of a pager that serves under
// NAME, and ROUNDS times (4) reads all of its first PAGES pages (64), prints their sum, and adds 1 to
// a word of each. To watch memory that another task serves; the last words say what is done
// when that task does not.
#include "output.h"
#include "page-service.h"
#include "ports.h"
#include "text.h"

static const char *const USAGE = "mapper NAME [PAGES [ROUNDS [wait|error|substitute|copy]]]";

enum { PAGES_DEFAULT = 64, ROUNDS_DEFAULT = 4, READ_WRITE = 3, DIGITS = 16, CALL_MUNMAP = 215 };
enum { CALL_MSYNC = 227, SYNC_NOW = 4 };
static const uint64_t PATIENCE_NS = 200 * 1000 * 1000;
static const long PAUSE_NS = 1000 * 1000;

static struct Output output = {.fd = STANDARD_OUTPUT};

static union {
  struct PortHeader header;
  struct ObjectGiven given;
  char room[256];
} message;

static PortName ask_for_object(const char *name) {
  PortName server;
  PortName reply = reply_port();
  expect_done("mapper", "cannot find the pager", names_await(name, &server));
  message.header = (struct PortHeader){
      .bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE),
      .remote = server,
      .local = reply,
      .id = OBJECT_ASK};
  expect_done("mapper", "cannot ask the pager",
              port_message(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, sizeof message.header,
                           sizeof message, reply, 0));
  if (message.header.id != OBJECT_GIVEN) expect_done("mapper", "cannot ask the pager", MACH_RCV_PORT_DIED);
  return message.given.object.name;
}

static void put_hex(uint64_t value) {
  char digits[DIGITS];
  for (int at = DIGITS - 1; at >= 0; at--, value >>= 4) digits[at] = "0123456789abcdef"[value & 15];
  put_bytes(&output, digits, DIGITS);
}

static uint64_t sum_of(const volatile uint64_t *words, unsigned long pages) {
  uint64_t sum = 0;
  for (unsigned long at = 0; at < pages * PAGE_WORDS; at++) sum = sum * 31 + words[at];
  return sum;
}

static void run(volatile uint64_t *words, unsigned long pages, unsigned long rounds) {
  for (unsigned long round = 1; round <= rounds; round++) {
    put_number(&output, round);
    put_text(&output, " ");
    put_hex(sum_of(words, pages));
    put_text(&output, "\n");
    flush(&output);
    for (unsigned long page = 0; page < pages; page++) words[page * PAGE_WORDS + round % PAGE_WORDS]++;
    sleep_for((struct Timespec){.nanoseconds = PAUSE_NS});
  }
}

static Flag read_flags(const char *word, unsigned *flags) {
  static const struct { const char *word; unsigned flags; } KNOWN[] = {
      {"wait", VM_MAP_WAIT},
      {"error", VM_MAP_ERROR},
      {"substitute", VM_MAP_SUBSTITUTE},
      {"copy", VM_MAP_COPY}};
  for (Size at = 0; at < sizeof KNOWN / sizeof *KNOWN; at++) {
    if (!text_equal(word, KNOWN[at].word)) continue;
    *flags |= KNOWN[at].flags;
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  unsigned long pages = PAGES_DEFAULT, rounds = ROUNDS_DEFAULT;
  unsigned flags = READ_WRITE;
  if (argc < 2 || argc > 5 || (argc > 2 && !parse_number(argv[2], &pages)) || pages == 0 ||
      (argc > 3 && !parse_number(argv[3], &rounds)) || (argc > 4 && !read_flags(argv[4], &flags)))
    misused("mapper", "a name, pages, rounds and what to do are taken", USAGE);
  PortName object = ask_for_object(argv[1]);
  Size bytes = pages * PAGER_PAGE_BYTES;
  long address = vm_map(0, bytes, object, 0, flags, PATIENCE_NS);
  if (address < 0) {
    complain("mapper", "cannot map the object", error_text(-address));
    leave(1);
  }
  port_deallocate(object);
  run((uint64_t *)address, pages, rounds);
  long synced = trap(CALL_MSYNC, address, (long)bytes, SYNC_NOW, 0, 0, 0);
  put_text(&output, synced == 0 ? "synchronized\n" : "not synchronized\n");
  trap(CALL_MUNMAP, address, (long)bytes, 0, 0, 0, 0);
  finish("mapper", &output, 0);
}
