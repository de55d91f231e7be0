// LD_PRELOAD for the tests of what is written: kills the process at a given operation on its files, denies locks, and
// makes syncs slow. Files are those whose name begins with FAULT_NAME.
//   FAULT_KILL_AT=K      SIGKILL at the K-th operation; a write is torn in the middle
//   FAULT_WHEN=TEXT      counts from the first write on that holds this text
//   FAULT_LOG=FILE       appends a line for each operation
//   FAULT_NO_LOCKS=1     F_OFD_SETLK fails with ENOLCK, for all files
//   FAULT_SLOW_SYNC=MS   each fdatasync() takes that long
//   FAULT_NO_SYNC=1      fdatasync() does nothing: enough where only processes die
//   FAULT_FOLDER_SYNC=N  fsync() of a folder fails with this errno
//   FAULT_NO_RENAME=1    no file can be renamed
//   FAULT_SLOW_ROWS=MS   each write() to a .partial file takes that long
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long count = 0;
static int counts = 0;

static long number_of(const char* variable) {
  const char* text = getenv(variable);
  return text == NULL ? 0 : atol(text);
}

static void sleep_for(const char* variable) {
  const long ms = number_of(variable);
  const struct timespec pause_time = {ms / 1000, ms % 1000 * 1000000};
  if (ms > 0) nanosleep(&pause_time, NULL);
}

static int is_ours(const char* path) {
  const char* name = getenv("FAULT_NAME");
  const char* slash = strrchr(path, '/');
  return name != NULL && strncmp(slash == NULL ? path : slash + 1, name, strlen(name)) == 0;
}

static int is_ours_by_fd(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = '\0';
  return length > 0 && is_ours(path);
}

static void note(const char* what, const char* path) {
  const char* log = getenv("FAULT_LOG");
  if (log == NULL) return;
  char line[PATH_MAX + 64];
  const int length = snprintf(line, sizeof line, "%s %s\n", what, path);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, length);
  syscall(SYS_close, fd);
}

/// Counts an operation; true when it is the one to die at.
static int is_due(const char* what, const char* path, const char* bytes, size_t length) {
  const char* when = getenv("FAULT_WHEN");
  pthread_mutex_lock(&mutex);
  note(what, path);
  const int due = (when == NULL || counts) && ++count == number_of("FAULT_KILL_AT");
  if (when != NULL && bytes != NULL && memmem(bytes, length, when, strlen(when)) != NULL) counts = 1;
  pthread_mutex_unlock(&mutex);
  return due;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void die_if_due(const char* what, const char* path) {
  if (is_ours(path) && is_due(what, path, NULL, 0)) die();
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void* bytes, size_t length) {
  char path[PATH_MAX];
  const int ours = is_ours_by_fd(fd, path);
  if (ours && strstr(path, ".partial") != NULL) sleep_for("FAULT_SLOW_ROWS");
  if (ours && is_due("write", path, bytes, length)) {
    ORIGINAL(write)(fd, bytes, length / 2);
    die();
  }
  return ORIGINAL(write)(fd, bytes, length);
}

ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {
  char path[PATH_MAX];
  if (is_ours_by_fd(fd, path) && is_due("pwrite", path, bytes, length)) {
    ORIGINAL(pwrite)(fd, bytes, length / 2, offset);
    die();
  }
  return ORIGINAL(pwrite)(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t length, off_t offset) { return pwrite(fd, bytes, length, offset); }

int ftruncate(int fd, off_t length) {
  char path[PATH_MAX];
  if (is_ours_by_fd(fd, path) && is_due("ftruncate", path, NULL, 0)) die();
  return ORIGINAL(ftruncate)(fd, length);
}

int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

int fdatasync(int fd) {
  char path[PATH_MAX];
  if (is_ours_by_fd(fd, path)) {
    sleep_for("FAULT_SLOW_SYNC");
    if (is_due("fdatasync", path, NULL, 0)) die();
    if (number_of("FAULT_NO_SYNC") != 0) return 0;
  }
  return ORIGINAL(fdatasync)(fd);
}

/// Not counted, but logged, for any folder.
int fsync(int fd) {
  struct stat status;
  char path[PATH_MAX];
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    is_ours_by_fd(fd, path);
    note("fsync", path);
    errno = (int)number_of("FAULT_FOLDER_SYNC");
    if (errno != 0) return -1;
  }
  return ORIGINAL(fsync)(fd);
}

static int refuses_rename(void) {
  errno = ENOSYS;
  return number_of("FAULT_NO_RENAME") != 0;
}

int rename(const char* from, const char* to) {
  if (refuses_rename()) return -1;
  die_if_due("rename", to);
  return ORIGINAL(rename)(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  if (refuses_rename()) return -1;
  die_if_due("renameat2", to);
  return ORIGINAL(renameat2)(from_folder, from, to_folder, to, flags);
}

int unlink(const char* path) {
  die_if_due("unlink", path);
  return ORIGINAL(unlink)(path);
}

static int locks_or_not(int (*original)(int, int, ...), int fd, int command, void* argument) {
  if (command == F_OFD_SETLK && number_of("FAULT_NO_LOCKS") != 0) {
    errno = ENOLCK;
    return -1;
  }
  return original(fd, command, argument);
}

int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return locks_or_not(ORIGINAL(fcntl), fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return locks_or_not(ORIGINAL(fcntl64), fd, command, argument);
}
