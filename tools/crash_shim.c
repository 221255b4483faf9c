/* Preloaded into mailarc by tools/crashtest: numbers each call that changes the disk or speaks to a
   server, stops the process at one of them, lets the disk be full there, and records what was written.

   CRASH_STATE  a file that is mapped: how many calls were made, of which kinds, what was hit
   CRASH_ROOT   the directory whose files count, canonical; sockets always count
   CRASH_AT     the number of the call, from 1; CRASH_HOW says what happens at it:
                before, after   SIGKILL
                middle          SIGKILL when half of the bytes are written or sent
                full            no space for this call alone, or for the next one that needs some
                full-on         from here on no space; half of the bytes still fit
   CRASH_LOG    a file to which all calls below CRASH_ROOT are appended, in their order */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BEFORE = 1, MIDDLE, AFTER, FULL, FULL_ON };
/* What a call is called in the log and in the list of kinds; crash_replay.py knows them too. */
enum {
  OPEN = 'o', WRITE = 'w', RENAME = 'r', LINK = 'l', UNLINK = 'u', MKDIR = 'm', RMDIR = 'd',
  TRUNCATE = 't', FSYNC = 'f', FDATASYNC = 'F', SYNCFS = 'S', TIMES = 'T', SYMLINK = 's',
  SEND = 'n', CONNECT = 'c', SHUTDOWN = 'x', HINT = 'h',
};
enum { MOST = 4 << 20, LONGEST = 8192 };

struct state {
  _Atomic uint64_t count;
  _Atomic uint64_t hit;
  char what[496];
  char kinds[MOST];
};

struct record {
  uint8_t kind, flag, pad[6];
  uint64_t inode, offset;
  uint32_t path_size, other_size, data_size, pad2;
};

static struct state *state;
static const char *root;
static size_t root_size;
static uint64_t at;
static int how, log_fd = -1;
static long (*real_syscall)(long, ...);
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

static long (*find_syscall(void))(long, ...) {
  real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real_syscall;
}

/* Found when first needed: other libraries' constructors run before ours. */
#define raw(...) (real_syscall ? real_syscall : find_syscall())(__VA_ARGS__)

static int number_of(const char *word) {
  static const char *const words[] = {"", "before", "middle", "after", "full", "full-on"};
  for (int i = 1; word && i < 6; i++)
    if (!strcmp(word, words[i])) return i;
  return 0;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("CRASH_STATE");
  if (!path) return;
  int fd = (int)raw(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || raw(SYS_ftruncate, fd, sizeof(struct state)) < 0) _exit(125);
  state = mmap(0, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (state == MAP_FAILED) _exit(125);
  raw(SYS_close, fd);
  root = getenv("CRASH_ROOT");
  root_size = root ? strlen(root) : 0;
  const char *number = getenv("CRASH_AT");
  at = number ? strtoull(number, 0, 10) : 0;
  how = number_of(getenv("CRASH_HOW"));
  const char *log = getenv("CRASH_LOG");
  if (log) {
    log_fd = (int)raw(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) _exit(125);
  }
}

static int is_below_root(const char *path) {
  return root_size && !strncmp(path, root, root_size) &&
         (path[root_size] == '/' || path[root_size] == 0);
}

static int path_of(int fd, char *path) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long size = raw(SYS_readlinkat, AT_FDCWD, link, path, LONGEST - 1);
  if (size < 0) size = 0;
  path[size] = 0;
  return is_below_root(path);
}

/* The path of a name beside a directory; whether it is below the root. */
static int path_at(int fd, const char *name, char *path) {
  if (!name || !*name) return path_of(fd, path);
  size_t used = 0;
  if (*name != '/') {
    if (fd == AT_FDCWD) {
      if (!getcwd(path, LONGEST)) *path = 0;
    } else {
      path_of(fd, path);
    }
    used = strlen(path);
    if (used + 1 < LONGEST) path[used++] = '/';
  }
  snprintf(path + used, LONGEST - used, "%s", name);
  return is_below_root(path);
}

static void die(void) {
  raw(SYS_kill, raw(SYS_getpid), SIGKILL);
  for (;;) raw(SYS_pause);
}

static void append_all(const void *bytes, size_t size) {
  while (size) {
    long count = raw(SYS_write, log_fd, bytes, size);
    if (count <= 0) _exit(125);
    bytes = (const char *)bytes + count;
    size -= (size_t)count;
  }
}

static void record(
    int kind, int flag, uint64_t inode, uint64_t offset, const char *path, const char *other,
    const void *data, size_t size) {
  if (log_fd < 0) return;
  struct record head = {.kind = (uint8_t)kind, .flag = (uint8_t)flag, .inode = inode, .offset = offset};
  head.path_size = (uint32_t)strlen(path);
  head.other_size = other ? (uint32_t)strlen(other) : 0;
  head.data_size = (uint32_t)size;
  append_all(&head, sizeof head);
  append_all(path, head.path_size);
  append_all(other, head.other_size);
  append_all(data, size);
}

/* One numbered call: what is to happen at it, or 0. Ends the process if it is to end before it. */
static int pass(int kind, const char *path, int needs_space) {
  if (log_fd >= 0) pthread_mutex_lock(&order);
  if (!state) return 0;
  uint64_t number = atomic_fetch_add(&state->count, 1) + 1;
  if (number < MOST) state->kinds[number] = needs_space ? (char)kind : (char)(kind | 0x80);
  int is_full = how == FULL || how == FULL_ON;
  /* Calls that need no space don't notice a full disk: it hits the next one that does. */
  if (!at || number < at || (is_full && !needs_space)) return 0;
  if (number > at && !is_full) return 0;
  uint64_t none = 0;
  if (!atomic_compare_exchange_strong(&state->hit, &none, at)) return how == FULL_ON ? FULL : 0;
  snprintf(state->what, sizeof state->what, "%c %s", kind, path);
  if (how == BEFORE) die();
  return how;
}

static long done(int action, long result) {
  int error = errno;
  if (action == AFTER || action == MIDDLE) die();
  if (log_fd >= 0) pthread_mutex_unlock(&order);
  errno = error;
  return result;
}

static long refuse(void) {
  errno = ENOSPC;
  return done(0, -1);
}

static uint64_t inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) ? 0 : status.st_ino;
}

static int is_socket(int fd) {
  struct stat status;
  return !fstat(fd, &status) && S_ISSOCK(status.st_mode);
}

static long open_file(int dir, const char *name, int flags, unsigned mode) {
  char path[LONGEST];
  int writes = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR);
  if (!state || !writes || !path_at(dir, name, path)) return raw(SYS_openat, dir, name, flags, mode);
  int is_new = raw(SYS_faccessat, dir, name, F_OK) != 0;
  int counts = (flags & O_TRUNC) || ((flags & O_CREAT) && is_new);
  int action = 0;
  if (counts) action = pass(OPEN, path, is_new);
  else if (log_fd >= 0) pthread_mutex_lock(&order);
  if (action == FULL || action == FULL_ON) return refuse();
  long fd = raw(SYS_openat, dir, name, flags, mode);
  int error = errno;
  if (fd >= 0) record(OPEN, (flags & O_TRUNC) != 0, inode_of((int)fd), 0, path, 0, 0, 0);
  errno = error;
  return done(action, fd);
}

static long write_bytes(int fd, const void *bytes, size_t size, int64_t offset) {
  char path[LONGEST];
  if (!state || (!path_of(fd, path) && !is_socket(fd)))
    return offset < 0 ? raw(SYS_write, fd, bytes, size) : raw(SYS_pwrite64, fd, bytes, size, offset);
  int to_file = is_below_root(path);
  int action = pass(to_file ? WRITE : SEND, path, to_file);
  if (action == FULL || (action == FULL_ON && size < 2)) return refuse();
  if (action == MIDDLE || action == FULL_ON) size /= 2;
  uint64_t where = (uint64_t)offset;
  struct stat status;
  if (offset < 0 && to_file) {
    int appends = raw(SYS_fcntl, fd, F_GETFL) & O_APPEND;
    where = appends && !fstat(fd, &status) ? (uint64_t)status.st_size : (uint64_t)lseek(fd, 0, SEEK_CUR);
  }
  long count =
      offset < 0 ? raw(SYS_write, fd, bytes, size) : raw(SYS_pwrite64, fd, bytes, size, offset);
  int error = errno;
  if (to_file && count > 0) record(WRITE, 0, inode_of(fd), where, path, 0, bytes, (size_t)count);
  errno = error;
  return done(action, count);
}

/* Several buffers are written as one. */
static long write_vector(int fd, const struct iovec *parts, int count, int64_t offset) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  char *bytes = malloc(size + 1), *end = bytes;
  for (int i = 0; i < count; i++) end = (char *)mempcpy(end, parts[i].iov_base, parts[i].iov_len);
  long result = write_bytes(fd, bytes, size, offset);
  free(bytes);
  return result;
}

static long flush(int fd, int kind, long call) {
  char path[LONGEST];
  if (!state || !path_of(fd, path)) return raw(call, fd);
  int action = pass(kind, path, 0);
  long result = raw(call, fd);
  int error = errno;
  struct stat status;
  int is_directory = !fstat(fd, &status) && S_ISDIR(status.st_mode);
  if (!result) record(kind, is_directory, inode_of(fd), 0, path, 0, 0, 0);
  errno = error;
  return done(action, result);
}

static long two_names(int kind, int from, const char *old, int to, const char *new, int flags) {
  char path[LONGEST], other[LONGEST];
  int is_ours = path_at(from, old, path);
  is_ours |= path_at(to, new, other);
  int action = state && is_ours ? pass(kind, other, 1) : 0;
  if (action == FULL || action == FULL_ON) return refuse();
  struct stat status;
  long result = raw(kind == LINK ? SYS_linkat : SYS_renameat2, from, old, to, new, flags);
  if (!state || !is_ours) return result;
  int error = errno;
  uint64_t inode = !result && !fstatat(to, new, &status, AT_SYMLINK_NOFOLLOW) ? status.st_ino : 0;
  if (!result) record(kind, 0, inode, 0, path, other, 0, 0);
  errno = error;
  return done(action, result);
}

static long one_name(int kind, int dir, const char *name, unsigned argument) {
  char path[LONGEST];
  int is_ours = path_at(dir, name, path) && state;
  int action = is_ours ? pass(kind, path, kind == MKDIR) : 0;
  if (action == FULL || action == FULL_ON) return refuse();
  long result = kind == MKDIR ? raw(SYS_mkdirat, dir, name, argument)
                              : raw(SYS_unlinkat, dir, name, argument);
  if (!is_ours) return result;
  int error = errno;
  if (!result) record(kind, 0, 0, 0, path, 0, 0, 0);
  errno = error;
  return done(action, result);
}

static long cut(int fd, int64_t size, const char *name, long call) {
  char path[LONGEST];
  int is_ours = state && (name ? path_at(AT_FDCWD, name, path) : path_of(fd, path));
  int action = is_ours ? pass(TRUNCATE, path, 0) : 0;
  struct stat status = {0};
  long result = name ? raw(call, name, size) : raw(call, fd, size);
  if (!is_ours) return result;
  int error = errno;
  if (!result && !(name ? stat(name, &status) : fstat(fd, &status)))
    record(TRUNCATE, 0, status.st_ino, (uint64_t)size, path, 0, 0, 0);
  errno = error;
  return done(action, result);
}

static long set_times(int fd, const char *name, const void *times, int flags) {
  char path[LONGEST];
  int is_ours = state && path_at(fd, name, path);
  int action = is_ours ? pass(TIMES, path, 0) : 0;
  long result = raw(SYS_utimensat, fd, name, times, flags);
  if (!is_ours) return result;
  int error = errno;
  struct stat status;
  if (!result && !(name ? fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) : fstat(fd, &status)))
    record(TIMES, 0, status.st_ino, (uint64_t)status.st_mtime, path, 0, 0, 0);
  errno = error;
  return done(action, result);
}

static long send_bytes(int fd, const void *bytes, size_t size, int flags) {
  int action = state ? pass(SEND, "socket", 0) : 0;
  if (action == MIDDLE) size /= 2;
  long result = raw(SYS_sendto, fd, bytes, size, flags, 0, 0);
  return state ? done(action, result) : result;
}

static long of_socket(int kind, const char *what, long call, int fd, const void *a, long b) {
  int action = state ? pass(kind, what, 0) : 0;
  long result = raw(call, fd, a, b);
  return state ? done(action, result) : result;
}

#include "crash_calls.h"
