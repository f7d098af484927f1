/* Function pointers, in a table that the host can look into. */
#define EXPORT(name) __attribute__((export_name(#name)))

typedef int (*operation)(int, int);

static int add(int a, int b) { return a + b; }
static int subtract(int a, int b) { return a - b; }
static int multiply(int a, int b) { return a * b; }
static int divide(int a, int b) { return a / b; }
static double half(double x) { return x / 2; }

static const operation operations[] = {add, subtract, multiply, divide};

/* The place of operation WHICH (0 to 3) in the table. */
EXPORT(place) int place(int which) { return (int)operations[which & 3]; }

/* The place of a function of another type. */
EXPORT(place_of_half) int place_of_half(void) { return (int)&half; }

/* Calls what is at INDEX in the table, as a function of two integers. */
EXPORT(apply) int apply(int index, int a, int b) { return ((operation)index)(a, b); }

EXPORT(apply_half) double apply_half(double x) {
    double (*volatile function)(double) = half;
    return function(x);
}
