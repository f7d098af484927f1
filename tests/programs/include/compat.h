/* What programs for Unix call and WASI preview 1 has not: each fails as on a system that lacks it,
   or has nothing to do where there are no owners, permissions and locks. Included before every
   file. */

#ifndef COMPAT_H
#define COMPAT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

static inline int chmod(const char *path, mode_t mode) { return 0; }
static inline int fchmod(int file, mode_t mode) { return 0; }
static inline int chown(const char *path, uid_t owner, gid_t group) { return 0; }
static inline int fchown(int file, uid_t owner, gid_t group) { return 0; }
static inline mode_t umask(mode_t mask) { return 0; }
static inline uid_t getuid(void) { return 0; }
static inline uid_t geteuid(void) { return 0; }

static inline int compat_absent(void) {
    errno = ENOSYS;
    return -1;
}
static inline int mkfifo(const char *path, mode_t mode) { return compat_absent(); }
static inline int system(const char *command) { return compat_absent(); }
static inline int pclose(FILE *file) { return compat_absent(); }
static inline FILE *popen(const char *command, const char *mode) { return NULL; }
#define tmpfile() ((FILE *)NULL)
#define tmpnam(name) ((char *)NULL)
#define L_tmpnam 20

#ifndef F_SETLK
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#endif

#endif
