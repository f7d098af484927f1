/*
 * Planets pulled about by a heavy sun, in made-up units, for the number of
 * steps in argv[1]. The integrator conserves energy well, so the drift printed
 * at the end stays small. Every digit is the same on every machine.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct body {
    const char *name;
    double mass, at[3], speed[3], pull[3];
};

static struct body bodies[] = {
    {"sun", 1000.0, {0, 0, 0}, {0, 0, 0}, {0}},
    {"inner", 1.0, {10, 0, 0}, {0, 10, 0}, {0}},
    {"middle", 2.5, {0, 22, 1}, {-6.7, 0, 0.2}, {0}},
    {"outer", 8.0, {-45, 3, -2}, {-0.3, -4.7, 0}, {0}},
    {"comet", 0.01, {60, 40, 12}, {-2, 1, -0.5}, {0}},
};
enum { COUNT = sizeof bodies / sizeof bodies[0] };

static double between(const struct body *a, const struct body *b, double gap[3]) {
    double square = 0;
    for (int k = 0; k < 3; k++) {
        gap[k] = b->at[k] - a->at[k];
        square += gap[k] * gap[k];
    }
    return sqrt(square);
}

static double energy(void) {
    double total = 0, gap[3];
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < 3; k++)
            total += bodies[i].mass * bodies[i].speed[k] * bodies[i].speed[k] / 2;
        for (int j = i + 1; j < COUNT; j++)
            total -= bodies[i].mass * bodies[j].mass / between(&bodies[i], &bodies[j], gap);
    }
    return total;
}

static void find_pulls(void) {
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 3; k++)
            bodies[i].pull[k] = 0;
    for (int i = 0; i < COUNT; i++) {
        for (int j = i + 1; j < COUNT; j++) {
            double gap[3], distance = between(&bodies[i], &bodies[j], gap);
            double strength = 1 / (distance * distance * distance);
            for (int k = 0; k < 3; k++) {
                bodies[i].pull[k] += gap[k] * strength * bodies[j].mass;
                bodies[j].pull[k] -= gap[k] * strength * bodies[i].mass;
            }
        }
    }
}

/* One leapfrog step: half a kick, a drift, and the other half of the kick. */
static void step(double time) {
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 3; k++) {
            bodies[i].speed[k] += bodies[i].pull[k] * time / 2;
            bodies[i].at[k] += bodies[i].speed[k] * time;
        }
    find_pulls();
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 3; k++)
            bodies[i].speed[k] += bodies[i].pull[k] * time / 2;
}

int main(int argc, char **argv) {
    int steps = argc > 1 ? atoi(argv[1]) : 500;
    double before = energy();

    printf("energy before: %.12f\n", before);
    find_pulls();
    for (int i = 0; i < steps; i++)
        step(0.01);
    for (int i = 0; i < COUNT; i++)
        printf("%-7s %14.9f %14.9f %14.9f\n", bodies[i].name, bodies[i].at[0], bodies[i].at[1],
               bodies[i].at[2]);
    printf("energy after:  %.12f\n", energy());
    printf("drift: %.3e\n", fabs((energy() - before) / before));
    return 0;
}
