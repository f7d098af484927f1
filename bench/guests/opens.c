// Opens and closes the file that its first argument names as often as the second says.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    for (long left = atol(argv[2]); left > 0; left--) {
        int fd = open(argv[1], O_RDONLY);
        if (fd < 0 || close(fd) != 0)
            return 1;
    }
    return 0;
}
