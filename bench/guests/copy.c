// Copies the file that its first argument names to the second, 4096 bytes at a time.
#include <fcntl.h>
#include <unistd.h>

static char buffer[4096];

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    int in = open(argv[1], O_RDONLY);
    int out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0)
        return 1;
    ssize_t size;
    while ((size = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)size) != size)
            return 1;
    return size < 0;
}
