#ifndef MAILARC_CPLATFORM_SHIM_H
#define MAILARC_CPLATFORM_SHIM_H

/* System calls that the module Glibc leaves out, under names of their own.
   Few headers on purpose: a structure of libc that is first met here would belong to this module,
   and every user of Glibc's `stat` would have to import it. */
#include <sys/syscall.h>
#include <unistd.h>

static inline int mailarc_rename_noreplace(int from_dir, const char *from, int to_dir, const char *to) {
  return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 1u /* RENAME_NOREPLACE */);
}

/* Starts write-back of a file's dirty pages without waiting for it (SYNC_FILE_RANGE_WRITE). */
static inline int mailarc_start_writeback(int fd) {
  return (int)syscall(SYS_sync_file_range, fd, (long)0, (long)0, 2u);
}

static inline int mailarc_pipe(int ends[2], int flags) { return (int)syscall(SYS_pipe2, ends, flags); }

/* At most 15 bytes are kept (PR_SET_NAME). */
static inline int mailarc_name_this_thread(const char *name) {
  return (int)syscall(SYS_prctl, 15, name, 0L, 0L, 0L);
}

/* The modification time becomes `seconds`; the access time stays (UTIME_OMIT). A null name means
   the descriptor itself; a symbolic link is not followed (AT_SYMLINK_NOFOLLOW). */
static inline int mailarc_set_modification_time(int fd, const char *name, long seconds) {
  long times[4] = {0, (1L << 30) - 2, seconds, 0};
  return (int)syscall(SYS_utimensat, fd, name, times, name ? 0x100 : 0);
}

/* Flushes the whole file system that a descriptor is on, and tells of errors from Linux 5.8 on. */
static inline int mailarc_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/* A file in memory without a name; programs that are started don't get it (MFD_CLOEXEC). */
static inline int mailarc_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u); }

/* glibc's (2.34), in <spawn.h>, where Swift does not see it: closes every descriptor from a number on. */
extern int mailarc_spawn_closing_from(void *actions, int from) __asm__("posix_spawn_file_actions_addclosefrom_np");

/* glibc's, in <malloc.h>. */
extern int mallopt(int parameter, int value);

/* Large blocks are mapped one by one and go back to the system when they are freed (M_MMAP_THRESHOLD),
   and no more than two arenas are kept (M_ARENA_MAX). */
static inline int mailarc_return_freed_memory(int threshold) { return mallopt(-3, threshold) & mallopt(-8, 2); }

#endif
