#ifndef MAILARC_CPLATFORM_SHIM_H
#define MAILARC_CPLATFORM_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Declared here under names of their own: the module Glibc leaves these calls out. */

static inline int mailarc_rename_noreplace(int from_dir, const char *from, int to_dir, const char *to) {
  return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 1u /* RENAME_NOREPLACE */);
}

/* Starts write-back of a file's dirty pages without waiting for it (SYNC_FILE_RANGE_WRITE). */
static inline int mailarc_start_writeback(int fd) {
  return (int)syscall(SYS_sync_file_range, fd, (long)0, (long)0, 2u);
}

static inline int mailarc_pipe_cloexec(int ends[2]) {
  return (int)syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK);
}

extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int mailarc_name_this_thread(const char *name) {
  return pthread_setname_np(pthread_self(), name);
}

/* The modification time becomes `seconds`; the access time stays (UTIME_OMIT). */
static inline int mailarc_set_modification_time(int dir, const char *name, long long seconds) {
  struct timespec times[2] = {{0, (1l << 30) - 2l}, {(time_t)seconds, 0}};
  return name ? utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) : futimens(dir, times);
}

#endif
