#include "shell/test_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "base/clock.h"
#include "base/memory.h"

enum { STDERR_MOST = 2000 };

typedef struct job {
    pid_t pid; /* 0: not started */
    int pipe, stderr_file;
    int64_t until_ms;
    buffer result;
    char crash[STDERR_MOST + 200];
    bool crashed, finished;
} job;

static void write_all(int file, const char *bytes, size_t length) {
    while (length) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        length -= (size_t)written;
    }
}

/* Builds that look for leaks find those of each child: one that leaks counts as crashed. */
static int leaks_status(void) {
#ifdef __SANITIZE_ADDRESS__
    enum { LEAKS_STATUS = 23 };
    return __lsan_do_recoverable_leak_check() ? LEAKS_STATUS : 0;
#else
    return 0;
#endif
}

static void run_child(const test_pool_options *options, void *item, int out, int errors) {
    if (errors >= 0)
        dup2(errors, STDERR_FILENO);
    buffer result = {0};
    options->work(item, &result);
    write_all(out, result.data, result.length);
    buffer_free(&result);
    _exit(leaks_status()); /* skips what the parent would do at exit */
}

static void start(const test_pool_options *options, job *j, void *item) {
    int ends[2];
    char name[] = "/tmp/sluice-test-XXXXXX";
    if (pipe(ends) != 0) {
        perror("sluice test: pipe");
        exit(1);
    }
    j->stderr_file = options->show_stderr ? -1 : mkstemp(name);
    if (j->stderr_file >= 0)
        unlink(name);
    fflush(NULL);
    j->pid = fork();
    if (j->pid < 0) {
        perror("sluice test: fork");
        exit(1);
    }
    if (j->pid == 0) {
        close(ends[0]);
        run_child(options, item, ends[1], j->stderr_file);
    }
    close(ends[1]);
    j->pipe = ends[0];
    j->until_ms = clock_monotonic_ms() + options->limit_ms;
}

/* What the child said first, which names the cause; control characters become blanks. */
static void append_its_words(job *j) {
    size_t used = strlen(j->crash);
    if (j->stderr_file < 0)
        return;
    ssize_t got = pread(j->stderr_file, j->crash + used, STDERR_MOST, 0);
    for (ssize_t i = 0; i < got; i++)
        if ((unsigned char)j->crash[used + (size_t)i] < ' ')
            j->crash[used + (size_t)i] = ' ';
    j->crash[used + (size_t)(got > 0 ? got : 0)] = 0;
}

static void finish(job *j, bool timed_out) {
    int status = 0;
    if (timed_out)
        kill(j->pid, SIGKILL);
    waitpid(j->pid, &status, 0);
    j->finished = true;
    j->crashed = timed_out || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (j->crashed) {
        if (timed_out)
            snprintf(j->crash, sizeof j->crash, "took too long. ");
        else if (WIFSIGNALED(status))
            snprintf(j->crash, sizeof j->crash, "signal %d. ", WTERMSIG(status));
        else
            snprintf(j->crash, sizeof j->crash, "exit status %d. ", WEXITSTATUS(status));
        append_its_words(j);
    }
    close(j->pipe);
    if (j->stderr_file >= 0)
        close(j->stderr_file);
}

/* Takes what the child wrote; true when it has closed its end. */
static bool drain(job *j) {
    buffer_reserve(&j->result, 65536);
    ssize_t got = read(j->pipe, j->result.data + j->result.length, 65536);
    if (got > 0)
        j->result.length += (size_t)got;
    return got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
}

static void watch(job *jobs, int count) {
    struct pollfd *waits = memory_allocate_zero(sizeof *waits * (size_t)(count + 1));
    int *which = memory_allocate_zero(sizeof *which * (size_t)(count + 1)), running = 0;
    int64_t now_ms = clock_monotonic_ms(), wait_ms = 1000;
    for (int i = 0; i < count; i++) {
        if (!jobs[i].pid || jobs[i].finished)
            continue;
        waits[running] = (struct pollfd){.fd = jobs[i].pipe, .events = POLLIN};
        which[running++] = i;
        if (jobs[i].until_ms - now_ms < wait_ms)
            wait_ms = jobs[i].until_ms - now_ms;
    }
    poll(waits, (nfds_t)running, wait_ms > 0 ? (int)wait_ms : 0);
    now_ms = clock_monotonic_ms();
    for (int r = 0; r < running; r++) {
        job *j = &jobs[which[r]];
        if (waits[r].revents && drain(j))
            finish(j, false);
        else if (now_ms >= j->until_ms)
            finish(j, true);
    }
    memory_free(waits);
    memory_free(which);
}

void test_pool_run(const test_pool_options *options, void *const *items, int count) {
    job *jobs = memory_allocate_zero(sizeof *jobs * (size_t)(count + 1));
    int started = 0, handed = 0;
    while (handed < count) {
        int running = 0;
        for (int i = handed; i < started; i++)
            running += !jobs[i].finished;
        for (; running < options->processes && started < count; running++, started++)
            start(options, &jobs[started], items[started]);
        watch(jobs + handed, started - handed);
        for (; handed < started && jobs[handed].finished; handed++) {
            job *j = &jobs[handed];
            options->done(options->context, items[handed], buffer_slice(&j->result),
                j->crashed ? j->crash : NULL);
            buffer_free(&j->result);
        }
    }
    memory_free(jobs);
}
