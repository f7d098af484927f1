/*
 * Calls back into functions that the host gives: it needs `log`, `add`,
 * `scale`, `wide` and `fail` from module "env".
 */
#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))

IMPORT(log) void host_log(const char *text, unsigned length);
IMPORT(add) int host_add(int a, int b);
IMPORT(scale) double host_scale(double x, float factor);
IMPORT(wide) long long host_wide(long long x);
IMPORT(fail) void host_fail(void);

static int calls;

static void say(const char *text) {
    unsigned length = 0;
    while (text[length])
        length++;
    host_log(text, length);
}

/* Logs two lines. */
EXPORT(greet) void greet(void) {
    say("hello from the guest");
    say("h\303\251llo \342\202\254"); /* "h\u00e9llo \u20ac" in UTF-8 */
}

/* The sum of 1 to n, every addition made by the host. */
EXPORT(sum) int sum(int n) {
    int total = 0;
    for (int i = 1; i <= n; i++)
        total = host_add(total, i);
    calls += n;
    return total;
}

EXPORT(scaled) double scaled(double x) { return host_scale(x, 0.5f) + 1; }

EXPORT(widen) long long widen(int x) { return host_wide((long long)x << 32); }

/* What the host raises here should come out of the call of `stop`. */
EXPORT(stop) int stop(void) {
    calls++;
    host_fail();
    return calls;
}

/* How often `add` and `fail` were called; counts a failed one too. */
EXPORT(call_count) int call_count(void) { return calls; }
