// Writes a line of 16 bytes to standard output as often as its argument says, a call each.
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    for (long left = atol(argv[1]); left > 0; left--)
        if (write(1, "0123456789abcde\n", 16) != 16)
            return 1;
    return 0;
}
