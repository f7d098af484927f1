/* The monitor: a thread that lets generated code run without checks. It looks now and then at
   what runs, and where something has to happen (give up the GIL, stop, run Python's signal
   handlers, take a profiler's sample) sets `request` and sends the thread a signal, which trap.c
   handles. C called by generated code looks at `request` before it goes back.

   The monitor has no GIL and touches no Python object. It sleeps when nothing has run for a
   while. After a fork the child starts a new one. */

#include "native.h"

#if ZWASM_CODE

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifndef TICK
#define TICK 1000000 /* ns; while something young runs */
#endif
#define SLOW_TICK (10 * TICK)
#define MAIN_PERIOD (30 * TICK) /* how often Python's signal handlers may run */
#define IDLE_TICKS 20

atomic_int zwasm_asleep = 1;
unsigned long zwasm_main_thread;

static Record *_Atomic all_records;
static Record *free_records; /* guarded by the GIL */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;
static int woken;   /* guarded by the mutex */
static int started; /* guarded by the GIL */

int64_t zwasm_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Threads, for signals. On Linux a number which may be used though the thread has ended. */
#ifdef __linux__
static __thread uintptr_t this_thread;

uintptr_t zwasm_this_thread(void) {
    if (this_thread == 0)
        this_thread = (uintptr_t)syscall(SYS_gettid);
    return this_thread;
}

static uintptr_t ask_this_thread(void) { return (uintptr_t)syscall(SYS_gettid); }

int zwasm_own_signal(siginfo_t *info) {
    return info->si_code == SI_TKILL && info->si_pid == getpid();
}

void zwasm_signal(Record *record) {
    syscall(SYS_tgkill, getpid(), (pid_t)atomic_load(&record->thread), SIGURG);
}
#else
uintptr_t zwasm_this_thread(void) { return (uintptr_t)pthread_self(); }

static uintptr_t ask_this_thread(void) { return (uintptr_t)pthread_self(); }

int zwasm_own_signal(siginfo_t *info) {
    (void)info;
    return 0; /* no way to tell */
}

void zwasm_signal(Record *record) {
    pthread_kill((pthread_t)atomic_load(&record->thread), SIGURG);
}
#endif

int zwasm_thread_inside(void) {
    uintptr_t me = ask_this_thread();
    for (Record *record = atomic_load(&all_records); record != NULL; record = record->next)
        if (atomic_load(&record->inside) && atomic_load(&record->thread) == me)
            return 1;
    return 0;
}

Record *zwasm_take_record(void) {
    Record *record = free_records;
    if (record != NULL) {
        free_records = record->free;
        return record;
    }
    record = calloc(1, sizeof(Record));
    if (record != NULL) {
        record->next = atomic_load(&all_records);
        atomic_store(&all_records, record);
    }
    return record;
}

void zwasm_give_record(Record *record) {
    atomic_store(&record->active, 0);
    atomic_store(&record->request, 0);
    record->free = free_records;
    free_records = record;
}

/* Look at one activation, `due` being the profiler's ticks since the last look at all; how long the
   monitor may sleep. */
static int64_t look_at(Record *record, int64_t now, int due) {
    unsigned epoch = atomic_load(&record->epoch);
    int released = atomic_load(&record->released), inside = atomic_load(&record->inside);
    int64_t deadline = atomic_load(&record->deadline), rest = SLOW_TICK;
    int want = 0;
    if (record->seen != epoch) {
        record->seen = epoch;
        record->since = record->last = now;
        due = due > 0;
    }
    if (due > 0) {
        atomic_fetch_add(&record->ticks, due);
        int again = atomic_fetch_or(&record->request, REQUEST_SAMPLE) & REQUEST_SAMPLE;
        if (inside) {
            if (again)
                zwasm_install_handlers(); /* someone may have replaced ours */
            zwasm_signal(record);
        }
    }
    if (released) {
        record->since = now;
    } else {
        want = now - record->since >= TICK;
        if (inside)
            rest = TICK;
    }
    if (atomic_load(&record->main)) {
        if (now - record->last >= MAIN_PERIOD) {
            record->last = now;
            want = 1;
        }
    }
    if (atomic_load(&record->request) & REQUEST_POLL || atomic_load(&record->interrupted))
        want = 1;
    if (deadline != 0) {
        if (now >= deadline)
            want = 1;
        else if (deadline - now < rest)
            rest = deadline - now;
    }
    if (want) {
        int again = atomic_fetch_or(&record->request, REQUEST_POLL) & REQUEST_POLL;
        if (atomic_load(&record->inside)) {
            if (again)
                zwasm_install_handlers();
            zwasm_signal(record);
            rest = TICK; /* the signal may have met something else than generated code */
        }
    }
    return rest;
}

static void wait_for(int64_t time) {
    struct timespec when;
#ifdef __APPLE__
    when.tv_sec = time / 1000000000;
    when.tv_nsec = time % 1000000000;
    pthread_cond_timedwait_relative_np(&condition, &mutex, &when);
#else
    time += zwasm_now();
    when.tv_sec = time / 1000000000;
    when.tv_nsec = time % 1000000000;
    pthread_cond_timedwait(&condition, &mutex, &when);
#endif
}

/* The profiler's ticks up to now; `next` is when the next one is due, 0 where none is. */
static int ticks_due(int64_t now, int64_t *next) {
    int64_t period = atomic_load(&zwasm_sample_period), due = 0;
    if (period == 0) {
        *next = 0;
    } else if (*next == 0) {
        *next = now + period;
    } else if (now >= *next) {
        due = (now - *next) / period + 1;
        *next += due * period;
    }
    return due < 1000000 ? (int)due : 1000000;
}

static void *monitor(void *argument) {
    int idle = 0;
    int64_t sample = 0; /* when the profiler's next tick is */
    pthread_mutex_lock(&mutex);
    for (;;) {
        int64_t now = zwasm_now(), rest = SLOW_TICK;
        int active = 0, due = ticks_due(now, &sample);
        if (sample != 0 && sample - now < rest)
            rest = sample - now;
        for (Record *record = atomic_load(&all_records); record; record = record->next)
            if (atomic_load(&record->active)) {
                int64_t own = look_at(record, now, due);
                rest = own < rest ? own : rest;
                active = 1;
            }
        atomic_store(&zwasm_check_handlers, 1);
        idle = active ? 0 : idle + 1;
        if (idle <= IDLE_TICKS) {
            wait_for(active ? rest : TICK);
        } else if (idle == IDLE_TICKS + 1) {
            /* An activation that did not see this yet is seen one tick later. */
            atomic_store(&zwasm_asleep, 1);
            wait_for(TICK);
        } else {
            while (!woken)
                pthread_cond_wait(&condition, &mutex);
            sample = 0;
        }
        if (woken) {
            woken = 0;
            idle = 0;
        }
        atomic_store(&zwasm_asleep, idle > IDLE_TICKS);
    }
    return argument;
}

void zwasm_wake_monitor(void) {
    atomic_store(&zwasm_asleep, 0);
    if (!started)
        zwasm_start_monitor(); /* after a fork; where it fails, the next entry tries again */
    pthread_mutex_lock(&mutex);
    woken = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
}

static void make_condition(void) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#ifndef __APPLE__
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    pthread_cond_init(&condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static int start_thread(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, old;
    if (pthread_attr_init(&attributes) != 0)
        return -1;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&thread, &attributes, monitor, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : -1;
}

/* In a child process: only this thread is there, and no monitor. */
static void after_fork(void) {
    pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    uintptr_t before = zwasm_this_thread();
#ifdef __linux__
    this_thread = 0;
#endif
    uintptr_t now = zwasm_this_thread();
    for (Record *record = atomic_load(&all_records); record != NULL; record = record->next) {
        if (atomic_load(&record->thread) == before) {
            atomic_store(&record->thread, now);
        } else {
            atomic_store(&record->active, 0);
            atomic_store(&record->inside, 0);
        }
    }
    mutex = fresh;
    make_condition();
    woken = 0;
    started = 0;
    zwasm_main_thread = PyThread_get_thread_ident();
    atomic_store(&zwasm_asleep, 1);
    atomic_store(&zwasm_check_handlers, 1);
    zwasm_sample_after_fork();
}

/* With the GIL. */
int zwasm_start_monitor(void) {
    static int prepared;
    if (started)
        return 0;
    if (!prepared) {
        make_condition();
        if (pthread_atfork(NULL, NULL, after_fork) != 0) {
            PyErr_NoMemory();
            return -1;
        }
        prepared = 1;
    }
    atomic_store(&zwasm_asleep, 0);
    if (start_thread() < 0) {
        atomic_store(&zwasm_asleep, 1);
        PyErr_SetString(PyExc_RuntimeError, "cannot start a thread");
        return -1;
    }
    started = 1;
    return 0;
}

#endif
