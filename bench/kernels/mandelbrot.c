/* The Mandelbrot set on a square of n points a side: a loop carried by 64-bit floats. */

int run(int n) {
    int sum = 0;
    for (int row = 0; row < n; row++)
        for (int column = 0; column < n; column++) {
            double cr = 2.0 * column / n - 1.5, ci = 2.0 * row / n - 1.0;
            double zr = 0, zi = 0;
            int turn = 0;
            while (turn < 100 && zr * zr + zi * zi <= 4) {
                double next = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = next;
                turn++;
            }
            sum += turn;
        }
    return sum;
}
