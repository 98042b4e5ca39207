// pager NAME [PAGES [LIE N]]: serves a memory object of PAGES pages (64) to whoever asks under NAME. Words
// that nobody has written are computed from their place; what is written comes back and is kept.
// It ends when nobody has a right to the object any more, and says what it was asked for.
//
// A pager may also lie, to show what a kernel makes of it; after N pages that it has supplied it
//   silent    supplies nothing more         exit      ends
//   short     supplies half a page          wrong     says things that are not laid out right
//   unasked   supplies pages 0 to 7 twice   flood     says nonsense a thousand times
//   untaken   takes nothing back            locked    supplies pages that may not be written, and
//   precious  keeps no copy                           allows it when it is asked
#include "output.h"
#include "page-service.h"
#include "ports.h"
#include "text.h"

static const char *const USAGE =
    "pager NAME [PAGES [silent|short|wrong|unasked|flood|exit|untaken|locked|precious N]]";

enum { PAGES_DEFAULT = 64, PAGES_MAX = 4096, FLOOD = 1000, REPEATED = 8, ERROR_IO = 5 };
enum { NEVER, SILENT, SHORT, WRONG, UNASKED, FLOODING, EXIT, UNTAKEN, LOCKED, PRECIOUS };
static const char *const LIES[] = {"",      "silent",  "short",  "wrong",   "unasked",
                                   "flood", "exit",    "untaken", "locked", "precious"};

static struct Output output = {.fd = STANDARD_OUTPUT};
static unsigned long pages = PAGES_DEFAULT;
static unsigned long lie = NEVER;
static unsigned long lies_after;
static unsigned long supplied, returned, kernels;
/** By page: what was written last, or null. */
static uint64_t *written[PAGES_MAX];
static PortName service, object;

static union {
  struct PortHeader header;
  struct PagerHead head;
  struct PagerInit init;
  struct PagerRequest request;
  struct PagerReturn returned;
  struct ObjectGiven given;
  char room[96 * 1024];
} message;

static union {
  struct PagerSupply supply;
  char room[sizeof(struct PagerSupply) + PAGER_PAGE_BYTES];
} page_room;

static Flag lies(unsigned long which) { return lie == which && supplied >= lies_after; }

static void fill(uint64_t page, uint64_t *words) {
  for (unsigned long index = 0; index < PAGE_WORDS; index++)
    words[index] = written[page] ? written[page][index] : word_of(page, index);
}

static void supply(PortName control, uint64_t page) {
  struct PagerSupply *answer = &page_room.supply;
  size_t bytes = lies(SHORT) ? PAGER_PAGE_BYTES / 2 : PAGER_PAGE_BYTES;
  answer->page = page;
  answer->precious = lie == PRECIOUS;
  answer->prohibited = lie == LOCKED ? 2 : 0;
  fill(page, (uint64_t *)answer->bytes);
  pager_answer(control, &answer->header, PAGER_SUPPLY, sizeof *answer + bytes);
  supplied++;
}

/** One of PAGER_UNAVAILABLE, PAGER_ERROR and PAGER_RETURNED. */
static void answer(PortName control, int id, uint64_t page, uint32_t count, uint32_t error) {
  struct PagerAnswer plain = {.page = page, .pages = count, .error = error};
  pager_answer(control, &plain.header, id, sizeof plain);
}

static void talk_nonsense(PortName control, unsigned long times) {
  for (unsigned long time = 0; time < times; time++) {
    struct PagerAnswer wrong = {.page = time, .pages = 1};
    pager_answer(control, &wrong.header, time % 2 ? PAGER_SUPPLY : 4711, sizeof wrong - 8);
  }
}

static void on_request(PortName control) {
  uint64_t page = message.request.page;
  for (uint32_t rest = message.request.pages; rest > 0; rest--, page++) {
    if (lies(EXIT)) finish("pager", &output, 0);
    if (lies(SILENT)) continue;
    if (lies(WRONG)) talk_nonsense(control, 1);
    if (lies(FLOODING)) talk_nonsense(control, FLOOD);
    if (page >= pages) answer(control, PAGER_ERROR, page, 1, ERROR_IO);
    else supply(control, page);
    for (uint64_t more = 0; lies(UNASKED) && more < REPEATED; more++) supply(control, more);
  }
}

static void on_return(PortName control) {
  uint64_t page = message.returned.page;
  uint32_t count = (message.header.size - sizeof message.returned) / PAGER_PAGE_BYTES;
  if (lies(UNTAKEN)) return;
  for (uint32_t at = 0; at < count && page + at < pages; at++) {
    if (!written[page + at]) {
      long fresh = map_zero_pages(PAGER_PAGE_BYTES);
      if (fresh < 0) {
        answer(control, PAGER_RETURNED, page, count, ERROR_NO_MEMORY);
        return;
      }
      written[page + at] = (uint64_t *)fresh;
    }
    memcpy(written[page + at], message.returned.bytes + at * PAGER_PAGE_BYTES, PAGER_PAGE_BYTES);
    returned++;
  }
  answer(control, PAGER_RETURNED, page, count, 0);
}

static void on_unlock(PortName control) {
  struct PagerLock lock = {.page = message.request.page, .pages = message.request.pages};
  pager_answer(control, &lock.header, PAGER_LOCK, sizeof lock);
}

static void on_init(PortName control) {
  struct PagerReady ready = {.copy = 1};
  kernels++;
  if (!lies(SILENT)) pager_answer(control, &ready.header, PAGER_READY, sizeof ready);
}

/** Somebody asks for the object: a send right, by the reply right that came. */
static void give_object(void) {
  struct ObjectGiven *given = &message.given;
  given->header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0) | MACH_MSGH_BITS_COMPLEX;
  given->header.local = MACH_PORT_NULL;
  given->header.id = OBJECT_GIVEN;
  given->count = 1;
  given->object = (struct PortDescriptor){.name = object, .disposition = MACH_MSG_TYPE_MAKE_SEND};
  port_send(&given->header, sizeof *given);
}

static __attribute__((noreturn)) void say_all(void) {
  put_number(&output, supplied);
  put_text(&output, supplied == 1 ? " page supplied, " : " pages supplied, ");
  put_number(&output, returned);
  put_text(&output, " taken back, ");
  put_number(&output, kernels);
  put_text(&output, kernels == 1 ? " greeting\n" : " greetings\n");
  finish("pager", &output, 0);
}

static void dispatch(void) {
  PortName control = message.head.control.name;
  if (message.header.local == service) {
    if (message.header.id == OBJECT_ASK) give_object();
    else port_deallocate(message.header.remote);
    return;
  }
  switch (message.header.id) {
    case MACH_NOTIFY_NO_SENDERS:
      say_all();
    case PAGER_INIT:
      on_init(control);
      break;
    case PAGER_REQUEST:
      on_request(control);
      break;
    case PAGER_RETURN:
      on_return(control);
      break;
    case PAGER_UNLOCK:
      on_unlock(control);
      break;
    case PAGER_TERMINATE:
      break;
    default:
      return;
  }
  port_deallocate(control);
}

static Flag read_lie(const char *name, const char *after) {
  for (lie = SILENT; lie <= PRECIOUS; lie++)
    if (text_equal(name, LIES[lie])) return parse_number(after, &lies_after);
  return 0;
}

int main(int argc, char **argv) {
  Flag fits = argc == 2 || argc == 3 || argc == 5;
  if (!fits || (argc > 2 && !parse_number(argv[2], &pages)) || pages == 0 || pages > PAGES_MAX ||
      (argc == 5 && !read_lie(argv[3], argv[4])))
    misused("pager", "a name, up to 4096 pages, and a lie are taken", USAGE);
  PortName set, before;
  expect_done("pager", "cannot make its ports",
              port_allocate(MACH_PORT_RIGHT_RECEIVE, &service) |
                  port_allocate(MACH_PORT_RIGHT_RECEIVE, &object) |
                  port_allocate(MACH_PORT_RIGHT_PORT_SET, &set));
  expect_done("pager", "cannot listen",
              port_move_member(service, set) | port_move_member(object, set) |
                  port_set_qlimit(object, MACH_PORT_QLIMIT_MAX));
  expect_done("pager", "cannot ask to be told of the end",
              port_request_notification(object, MACH_NOTIFY_NO_SENDERS, 1, object,
                                        MACH_MSG_TYPE_MAKE_SEND_ONCE, &before));
  expect_done("pager", "cannot register its port", names_register(argv[1], service));
  for (;;) {
    expect_done("pager", "cannot receive", port_receive(&message.header, sizeof message, set));
    dispatch();
  }
}
