/* Ends with the exit code given as the first argument, after running atexit. */
#include <stdio.h>
#include <stdlib.h>

static void goodbye(void) { printf("goodbye\n"); }

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: exitcode CODE\n");
        return 2;
    }
    atexit(goodbye);
    exit(atoi(argv[1]));
}
