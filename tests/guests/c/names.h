/* Names for the errno values that the guests here may meet. */
#ifndef GUEST_NAMES_H
#define GUEST_NAMES_H

#include <errno.h>
#include <stdio.h>

static const char *errno_name(int code) {
    static const struct {
        int code;
        const char *name;
    } table[] = {
        {0, "OK"},
        {EACCES, "EACCES"},
        {EBADF, "EBADF"},
        {EEXIST, "EEXIST"},
        {EINVAL, "EINVAL"},
        {EIO, "EIO"},
        {EISDIR, "EISDIR"},
        {ELOOP, "ELOOP"},
        {ENAMETOOLONG, "ENAMETOOLONG"},
        {ENOENT, "ENOENT"},
        {ENOSYS, "ENOSYS"},
        {ENOTCAPABLE, "ENOTCAPABLE"},
        {ENOTDIR, "ENOTDIR"},
        {ENOTEMPTY, "ENOTEMPTY"},
        {ENOTSUP, "ENOTSUP"},
        {EPERM, "EPERM"},
        {EROFS, "EROFS"},
        {ESPIPE, "ESPIPE"},
        {EXDEV, "EXDEV"},
    };
    static char other[24];

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return table[i].name;
    snprintf(other, sizeof other, "errno %d", code);
    return other;
}

#endif
