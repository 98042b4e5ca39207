// Exercises what the C library asks about its surroundings: uname, limits, pids, descriptors that are no
// terminal, random bytes that differ, the link to its own program. It prints verdicts only.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct utsname names;
  struct rlimit limit;
  unsigned char first[32] = {0}, second[32] = {0};
  printf("uname %d %s %s\n", uname(&names), names.sysname, names.machine);
  printf("release from 4.15 %d\n", names.release[0] >= '4');
  printf("pid %d tid %d parent %d\n", getpid() > 0, gettid() == getpid(), getppid() >= 0);
  printf("random %zd %zd %d\n", getrandom(first, 32, 0), getrandom(second, 32, 0), memcmp(first, second, 32) != 0);
  printf("stack limit %d %d\n", getrlimit(RLIMIT_STACK, &limit), limit.rlim_cur >= 1 << 20);
  printf("terminals %d %d\n", isatty(0), isatty(1));

  char path[4096], *name = strrchr(argv[0], '/');
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  path[length > 0 ? length : 0] = 0;
  char *own = strrchr(path, '/');
  printf("own program %d\n", own && name && !strcmp(own, name));

  struct stat status;
  printf("root is a folder %d %d\n", stat("/", &status), S_ISDIR(status.st_mode) != 0);
  printf("null %d %d\n", stat("/dev/null", &status), S_ISCHR(status.st_mode) != 0);
  char byte = 'x';
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
  printf("null reads %zd writes %zd\n", read(null, &byte, 1), write(null, &byte, 1));
  printf("zero reads %zd %d\n", read(zero, &byte, 1), byte);
  printf("lowest descriptors %d\n", zero == null + 1);

  sigset_t set, now;
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGKILL);
  sigprocmask(SIG_BLOCK, &set, NULL), sigprocmask(SIG_BLOCK, NULL, &now);
  printf("mask %d %d %d\n", sigismember(&now, SIGUSR1), sigismember(&now, SIGKILL), sigismember(&now, SIGUSR2));
  struct sigaction action, old;
  memset(&action, 0, sizeof action), action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL), sigaction(SIGPIPE, NULL, &old);
  printf("action %d\n", old.sa_handler == SIG_IGN);
  return 0;
}
