// stopper MODE: what a program notices of being stopped and continued.
//
//   self      stops itself, and says what kill returned when it goes on
//   handlers  has handlers for SIGTSTP and SIGCONT, and ends by the third SIGTSTP
//   masked    blocks SIGTSTP and SIGCONT, waits 50 ms, and unblocks them
//   ignores   ignores SIGTSTP and SIGCONT, and counts sleeps of 1 ms
//   sleep     sleeps 20 ms, says how it ended and what was left of it
//   read      reads a line with a handler for SIGTTIN; "read again" has SA_RESTART, "read deaf"
//             ignores the signal
//   streams   says what its standard streams are
//   pipe      writes until there is an error, with SIGPIPE ignored; "pipe handled" has a handler
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t seen, stops;

static void note(int signal) {
  char line[16];
  int length = snprintf(line, sizeof line, "got %d\n", signal);
  write(2, line, (size_t)length);
  seen = signal;
  stops += signal == SIGTSTP;
}

static void install(int signal, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  if (sigaction(signal, &action, NULL) != 0) perror("sigaction");
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&time, &time) != 0) continue;
}

static void handlers(void) {
  install(SIGTSTP, note, 0);
  install(SIGCONT, note, 0);
  puts("ready");
  while (stops < 3) sleep_ms(1);
  puts("done");
}

static void masked(void) {
  sigset_t set;
  install(SIGCONT, note, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  sigaddset(&set, SIGCONT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  puts("ready");
  sleep_ms(50);
  puts("unblocks");
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  puts("goes on");
}

static void read_line(const char *how) {
  char line[100];
  if (strcmp(how, "deaf") == 0) signal(SIGTTIN, SIG_IGN);
  else install(SIGTTIN, note, strcmp(how, "again") == 0 ? SA_RESTART : 0);
  puts("reads");
  for (int tries = 0; tries < 3; tries++) {
    ssize_t got = read(0, line, sizeof line);
    if (got < 0) printf("%s\n", strerror(errno));
    else printf("%d bytes\n", (int)got);
    if (got >= 0) return;
    sleep_ms(10);
  }
}

static void write_on(const char *how) {
  char line[3000];
  memset(line, 'x', sizeof line);
  if (strcmp(how, "handled") == 0) install(SIGPIPE, note, 0);
  else signal(SIGPIPE, SIG_IGN);
  ssize_t put;
  do put = write(1, line, sizeof line);
  while (put > 0);
  fprintf(stderr, "%s\n", strerror(errno));
}

static void streams(void) {
  char line[200];
  for (int fd = 0; fd < 3; fd++) {
    struct stat status;
    fstat(fd, &status);
    long at = (long)lseek(fd, 0, SEEK_CUR);
    if (at < 0) at = -errno;
    int length = snprintf(line, sizeof line, "%d: %s, %s, at %ld, flags %o\n", fd,
                          S_ISREG(status.st_mode)    ? "file"
                          : S_ISFIFO(status.st_mode) ? "pipe"
                          : S_ISCHR(status.st_mode)  ? "device"
                                                     : "other",
                          isatty(fd) ? "a terminal" : "no terminal", at,
                          fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_CREAT | O_TRUNC));
    write(2, line, (size_t)length);
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  const char *mode = argc > 1 ? argv[1] : "";
  const char *how = argc > 2 ? argv[2] : "";
  if (strcmp(mode, "self") == 0) {
    puts("before");
    printf("kill returned %d\n", kill(getpid(), SIGSTOP));
  } else if (strcmp(mode, "handlers") == 0) handlers();
  else if (strcmp(mode, "masked") == 0) masked();
  else if (strcmp(mode, "ignores") == 0) {
    signal(SIGTSTP, SIG_IGN);
    signal(SIGCONT, SIG_IGN);
    for (int i = 1; i <= 30; i++) {
      printf("%d\n", i);
      sleep_ms(1);
    }
  } else if (strcmp(mode, "sleep") == 0) {
    struct timespec time = {0, 20000000};
    install(SIGUSR1, note, 0);
    puts("sleeps");
    int result = nanosleep(&time, &time);
    printf("%d, %ld ms left\n", result, time.tv_nsec / 1000000);
  } else if (strcmp(mode, "read") == 0) read_line(how);
  else if (strcmp(mode, "pipe") == 0) write_on(how);
  else if (strcmp(mode, "streams") == 0) streams();
  else return 64;
  return 0;
}
