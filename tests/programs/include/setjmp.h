/* Without exceptions there is no way back: a jump ends the program. */

#ifndef COMPAT_SETJMP_H
#define COMPAT_SETJMP_H

#include <stdlib.h>

typedef int jmp_buf[1];

#define setjmp(place) ((void)(place), 0)
#define longjmp(place, value) ((void)(place), (void)(value), exit(70))

#endif
