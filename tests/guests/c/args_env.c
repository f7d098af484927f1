/* Prints the arguments, two looked-up variables, then the whole environment. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static void show(const char *name) {
    const char *value = getenv(name);
    if (value)
        printf("%s is \"%s\"\n", name, value);
    else
        printf("%s is not set\n", name);
}

int main(int argc, char **argv) {
    printf("argc = %d\n", argc);
    for (int i = 0; i < argc; i++)
        printf("argv[%d] = \"%s\"\n", i, argv[i]);
    printf("argv[argc] is %s\n", argv[argc] ? "not null" : "null");

    show("GREETING");
    show("HOME");

    int count = 0;
    for (char **entry = environ; entry && *entry; entry++, count++)
        printf("environ[%d] = \"%s\"\n", count, *entry);
    printf("%d variables\n", count);
    return 0;
}
