// ls [-a] [-l] [PATH]…: what the directories hold, sorted by name, one a line; a path that is no
// directory stands for itself. -a: also names that begin with a point; -l: type and permissions,
// size and name.
#include "files.h"
#include "lines.h"
#include "output.h"

static const char *const USAGE = "ls [-a] [-l] [PATH]…";

enum { BUFFER_BYTES = 32768, PATH_MAX = 4096, STATUS_MINOR = 1, STATUS_SERIOUS = 2 };
static struct Output output = {.fd = STANDARD_OUTPUT};
static Flag show_all, show_long;
static int status;

struct Item {
  const char *name;
  struct FileStatus status;
};

__attribute__((noreturn)) static void no_memory(void) {
  complain("ls", "memory exhausted", error_text(ERROR_NO_MEMORY));
  leave(STATUS_SERIOUS);
}

static void complain_of(const char *what, const char *path, long error, int severity) {
  struct Output message = {.fd = STANDARD_ERROR};
  flush(&output);
  put_text(&message, "ls: ");
  put_text(&message, what);
  put_text(&message, " '");
  put_text(&message, path);
  put_text(&message, "': ");
  put_text(&message, error_text(-error));
  put_text(&message, "\n");
  flush(&message);
  if (status < severity) status = severity;
}

static int compare_items(const void *left, const void *right) {
  const char *a = ((const struct Item *)left)->name, *b = ((const struct Item *)right)->name;
  return compare_bytes(a, text_length(a), b, text_length(b));
}

// Memory for a table of so many things of a size, never given back.
static void *allocate(Size count, Size bytes) {
  long table = map_zero_pages(count * bytes + 1);
  if (table < 0) no_memory();
  return (void *)table;
}

static struct Item **sorted(struct Item *items, Size count) {
  struct Item **order = allocate(2 * count, sizeof *order);
  for (Size index = 0; index < count; index++) order[index] = &items[index];
  sort_pointers((void **)order, (void **)(order + count), count, compare_items);
  return order;
}

static char kind_letter(unsigned int mode) {
  switch (mode & KIND_MASK) {
  case KIND_DIRECTORY: return 'd';
  case KIND_CHARACTER: return 'c';
  case KIND_FIFO: return 'p';
  case KIND_LINK: return 'l';
  default: return '-';
  }
}

static void put_mode(unsigned int mode) {
  char text[11] = {kind_letter(mode), 'r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x', ' '};
  for (int bit = 0; bit < 9; bit++)
    if (!(mode >> (8 - bit) & 1)) text[1 + bit] = '-';
  put_bytes(&output, text, sizeof text);
}

static Size digits_in(Size number) {
  char digits[NUMBER_TEXT_MAX];
  return format_number(number, digits);
}

// `folder` is where the item is, with a slash at its end, or empty.
static void put_item(const struct Item *item, const char *folder, Size width) {
  if (show_long) {
    put_mode(item->status.mode);
    for (Size digits = digits_in(item->status.bytes); digits < width; digits++)
      put_text(&output, " ");
    put_number(&output, item->status.bytes);
    put_text(&output, " ");
  }
  put_text(&output, item->name);
  if (show_long && (item->status.mode & KIND_MASK) == KIND_LINK) {
    static char path[2 * PATH_MAX], text[PATH_MAX];
    Size length = text_length(folder);
    memcpy(path, folder, length);
    memcpy(path + length, item->name, text_length(item->name) + 1);
    if (link_text(path, text, sizeof text) >= 0) {
      put_text(&output, " -> ");
      put_text(&output, text);
    }
  }
  put_text(&output, "\n");
}

static void put_items(struct Item **items, Size count, const char *folder) {
  Size width = 0;
  for (Size index = 0; index < count; index++) {
    Size digits = digits_in(items[index]->status.bytes);
    if (digits > width) width = digits;
  }
  for (Size index = 0; index < count; index++) put_item(items[index], folder, width);
}

// All names of an open directory, each with a zero behind it, in the store. -errno, or how many.
static long read_names(int fd, struct Store *names) {
  static _Alignas(struct Entry) char buffer[BUFFER_BYTES];
  long count = 0, got;
  while ((got = read_entries(fd, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < got; at += ((struct Entry *)(buffer + at))->bytes) {
      const char *name = ((struct Entry *)(buffer + at))->name;
      if (name[0] == '.' && !show_all) continue;
      Size bytes = text_length(name) + 1;
      if (!reserve(names, bytes)) no_memory();
      memcpy(names->bytes + names->used, name, bytes);
      names->used += bytes;
      count++;
    }
  }
  return got < 0 ? got : count;
}

// What an entry of the directory is; false if it has gone meanwhile.
static Flag look_up(const char *folder, struct Item *item) {
  static char path[2 * PATH_MAX];
  Size length = text_length(folder);
  memcpy(path, folder, length);
  memcpy(path + length, item->name, text_length(item->name) + 1);
  long error = status_of(path, 0, &item->status);
  if (error < 0) complain_of("cannot access", path, error, STATUS_MINOR);
  return error >= 0;
}

static void list_directory(const char *path) {
  static char folder[PATH_MAX + 2];
  struct Store names = {0, 0, 0};
  long fd = open_read_only(path);
  long count = fd < 0 ? fd : read_names((int)fd, &names);
  if (fd >= 0) close_file((int)fd);
  if (count < 0) {
    complain_of("cannot open directory", path, count, STATUS_SERIOUS);
    return;
  }
  Size length = text_length(path);
  memcpy(folder, path, length + 1);
  if (folder[length - 1] != '/') memcpy(folder + length, "/", 2);

  struct Item *items = allocate((Size)count, sizeof *items);
  Size used = 0;
  const char *name = names.bytes;
  for (long index = 0; index < count; index++, name += text_length(name) + 1) {
    items[used].name = name;
    if (!show_long || look_up(folder, &items[used])) used++;
  }
  put_items(sorted(items, used), used, folder);
}

static void list_operands(char **operands, Size count) {
  struct Item *files = allocate(count, sizeof *files), *folders = allocate(count, sizeof *folders);
  Size file_count = 0, folder_count = 0;
  for (Size index = 0; index < count; index++) {
    struct Item item = {operands[index], {0, 0}};
    long error = text_length(item.name) < PATH_MAX ? status_of(item.name, !show_long, &item.status)
                                                   : -ERROR_NAME_TOO_LONG;
    if (error < 0 && !show_long) error = status_of(item.name, 0, &item.status);
    if (error < 0) {
      complain_of("cannot access", item.name, error, STATUS_SERIOUS);
      continue;
    }
    if ((item.status.mode & KIND_MASK) == KIND_DIRECTORY) folders[folder_count++] = item;
    else files[file_count++] = item;
  }
  put_items(sorted(files, file_count), file_count, "");
  struct Item **order = sorted(folders, folder_count);
  for (Size index = 0; index < folder_count; index++) {
    if (count > 1) {
      if (file_count || index) put_text(&output, "\n");
      put_text(&output, order[index]->name);
      put_text(&output, ":\n");
    }
    list_directory(order[index]->name);
  }
}

static void choose(const char *letters) {
  for (; *letters; letters++) {
    if (*letters == 'a') show_all = 1;
    else if (*letters == 'l') show_long = 1;
    else if (*letters != '1') misused("ls", "the options are -1, -a and -l", USAGE);
  }
}

int main(int argc, char **argv) {
  int first = 1;
  while (first < argc && argv[first][0] == '-' && argv[first][1]) {
    const char *option = argv[first++];
    if (text_equal(option, "--")) break;
    choose(option + 1);
  }
  char *here[] = {".", 0};
  if (first == argc) list_operands(here, 1);
  else list_operands(argv + first, (Size)(argc - first));
  if (flush(&output) < 0) {
    complain("ls", "write error", error_text(-output.error));
    return STATUS_SERIOUS;
  }
  return status;
}
