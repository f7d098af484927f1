/* The smallest useful guest: one line on standard output. */
#include <stdio.h>

int main(void) {
    printf("Hello, World!\n");
    return 0;
}
