// flood: so many messages of so many bytes, as fast as they go, from one task to another.
//
//   flood receive N BYTES NAME            registers a port under NAME and receives N messages there
//   flood send N BYTES NAME [THREADS]     sends them, by so many threads at once
//   flood pipe N BYTES                    the same through a pipe between two processes
#include <sojourn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES_MAX = 65536, THREADS_MAX = 16, STACK_BYTES = 4096, SYSTEM_EXIT = 93 };

struct Flood {
  struct PortHeader header;
  char bytes[BYTES_MAX];
};

struct Thread {
  struct Flood message;
  long times;
  size_t size;
  _Alignas(16) char stack[STACK_BYTES];
};

static struct Thread threads[THREADS_MAX];

static struct {
  struct Flood message;
  struct PortTrailer trailer;
} received;

static void fail(const char *what, long result) {
  fprintf(stderr, "flood: %s: %#lx\n", what, (unsigned long)result);
  exit(1);
}

/** A thread that is not the first: it has no thread-local memory, so no C library either. */
static void send_all(void *argument) {
  struct Thread *thread = argument;
  struct PortHeader *header = &thread->message.header;
  while (thread->times > 0 && port_send(header, thread->size) == 0) thread->times--;
  sojourn_call(SYSTEM_EXIT, thread->times > 0, 0, 0, 0, 0, 0);
}

static void send_by(long count, long times, size_t bytes, const char *name) {
  PortName to;
  long result = names_await(name, &to);
  if (result) fail("nobody receives", result);
  for (long number = 0; number < count; number++) {
    struct Thread *thread = &threads[number];
    memset(thread->message.bytes, 'a' + (int)number, bytes);
    thread->message.header.bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    thread->message.header.remote = to;
    thread->size = sizeof(struct PortHeader) + bytes;
    thread->times = times / count;
  }
  for (long number = 1; number < count; number++) {
    struct Thread *thread = &threads[number];
    result = thread_create(send_all, thread->stack + STACK_BYTES, thread);
    if (result < 0) fail("no thread", result);
  }
  send_all(&threads[0]);
}

static void receive_all(long times, size_t bytes, const char *name) {
  PortName port = reply_port();
  port_set_qlimit(port, MACH_PORT_QLIMIT_MAX);
  long result = names_register(name, port);
  if (result) fail("no name", result);
  for (; times > 0; times--) {
    result = port_receive(&received.message.header, sizeof received, port);
    if (result) fail("not received", result);
    if (received.message.header.size != sizeof(struct PortHeader) + bytes) fail("other bytes", 0);
  }
}

static void read_all(int from, size_t bytes, char *into) {
  while (bytes > 0) {
    ssize_t got = read(from, into, bytes);
    if (got <= 0) fail("not read", got);
    bytes -= (size_t)got;
    into += got;
  }
}

static void through_pipe(long times, size_t bytes) {
  int ends[2];
  if (pipe(ends) != 0) fail("no pipe", 0);
  pid_t child = fork();
  if (child < 0) fail("no process", child);
  for (; times > 0; times--) {
    if (child > 0) read_all(ends[0], bytes, received.message.bytes);
    else if (write(ends[1], received.message.bytes, bytes) != (ssize_t)bytes) _exit(1);
  }
  if (child == 0) _exit(0);
  wait(NULL);
}

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  long times = atol(argv[2]);
  size_t bytes = strtoul(argv[3], NULL, 10);
  long count = argc > 5 ? atol(argv[5]) : 1;
  if (bytes > BYTES_MAX || count < 1 || count > THREADS_MAX) return 64;
  if (strcmp(argv[1], "pipe") == 0) through_pipe(times, bytes);
  else if (strcmp(argv[1], "receive") == 0 && argc > 4) receive_all(times, bytes, argv[4]);
  else if (strcmp(argv[1], "send") == 0 && argc > 4) send_by(count, times, bytes, argv[4]);
  else return 64;
}
