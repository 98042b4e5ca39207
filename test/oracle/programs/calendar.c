// Exercises the calendar: gmtime, timegm, strftime, mktime in UTC and in a zone given by its rules,
// asctime and difftime, on fixed times only.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const time_t TIMES[] = {0, 1, 86399, 86400, 951782400, 951868800, 1000000000, 1234567890, 1709164800, 1767225600, 2147483647, 2147483648,
                               4102444800, -1, -86400, -2208988800, 253402300799, -62135596800};
enum { COUNT = sizeof TIMES / sizeof *TIMES };

static void zone(const char *rule) {
  setenv("TZ", rule, 1);
  tzset();
  printf("%s: %s %s %ld %d\n", rule, tzname[0], tzname[1], timezone, daylight);
  for (int month = 0; month < 12; month++) {
    struct tm parts = {.tm_year = 126, .tm_mon = month, .tm_mday = 29, .tm_hour = 1, .tm_min = 30, .tm_isdst = -1};
    time_t time = mktime(&parts);
    char text[80];
    strftime(text, sizeof text, "%F %T %Z %z %a", localtime(&time));
    printf("%ld %s %d\n", (long)time, text, parts.tm_isdst);
  }
}

int main(void) {
  setenv("TZ", "UTC0", 1);
  for (int i = 0; i < COUNT; i++) {
    struct tm parts = *gmtime(&TIMES[i]);
    char text[300];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ %A %B %j %U %W %V %G %u %y %C %I %p %e %D %r %c %x %X %h %s %%", &parts);
    printf("%ld %s %d\n", (long)TIMES[i], text, timegm(&parts) == TIMES[i]);
    fputs(asctime(&parts), stdout);
  }
  long wrong = 0, leap = 0;
  for (long day = -20000; day < 40000; day += 7) {
    time_t time = day * 86400 + 12345;
    struct tm parts = *gmtime(&time);
    wrong += timegm(&parts) != time || parts.tm_wday != ((day + 4) % 7 + 7) % 7;
    leap += parts.tm_yday == 365;
  }
  printf("wrong %ld leap %ld\n", wrong, leap);
  struct tm odd = {.tm_year = 126, .tm_mon = 13, .tm_mday = -5, .tm_hour = 30, .tm_min = 90, .tm_sec = 3600};
  printf("%ld %s", (long)timegm(&odd), asctime(&odd));
  zone("UTC0");
  zone("CET-1CEST,M3.5.0,M10.5.0/3");
  zone("EST5EDT,M3.2.0,M11.1.0");
  struct tm read = {0};
  char *rest = strptime("29 Feb 2024 23:59:58 and more", "%d %b %Y %H:%M:%S", &read);
  printf("%d-%d-%d %d:%d:%d '%s' %g\n", read.tm_year, read.tm_mon, read.tm_mday, read.tm_hour, read.tm_min, read.tm_sec, rest,
         difftime(TIMES[6], TIMES[7]));
  return 0;
}
