/* Planets that attract each other: 64-bit floats in structures, square roots. */

struct body { double x, y, z, vx, vy, vz, mass; };

#define COUNT 5

static struct body bodies[COUNT];

static void start(void) {
    for (int i = 0; i < COUNT; i++) {
        struct body *body = &bodies[i];
        body->x = i * 4.5;
        body->y = i * i * 0.75 - 1;
        body->z = 0.1 * i;
        body->vx = 0.3 - 0.1 * i;
        body->vy = 1.5 / (i + 1);
        body->vz = i * 0.01;
        body->mass = i == 0 ? 39.5 : 0.03 / i;
    }
}

static void advance(double dt) {
    for (int i = 0; i < COUNT; i++) {
        struct body *a = &bodies[i];
        for (int j = i + 1; j < COUNT; j++) {
            struct body *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double force = dt / (square * __builtin_sqrt(square));
            a->vx -= dx * b->mass * force;
            a->vy -= dy * b->mass * force;
            a->vz -= dz * b->mass * force;
            b->vx += dx * a->mass * force;
            b->vy += dy * a->mass * force;
            b->vz += dz * a->mass * force;
        }
    }
    for (int i = 0; i < COUNT; i++) {
        struct body *a = &bodies[i];
        a->x += dt * a->vx;
        a->y += dt * a->vy;
        a->z += dt * a->vz;
    }
}

int run(int n) {
    start();
    while (n-- > 0) advance(0.001);
    double energy = 0;
    for (int i = 0; i < COUNT; i++) {
        struct body *a = &bodies[i];
        energy += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
    }
    return (int)(energy * 1e6);
}
