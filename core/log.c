/* log - see log.h. One lock around the sink and the counting; a line is written with one write(),
 * so that lines of several processes on one file do not mix. */
#include "core/log.h"

#include "core/json_text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const int64_t REPEAT_WINDOW = 10 * INT64_C(1000000000);

static struct {
    pthread_mutex_t     lock;
    struct log_settings settings;
    char                path[4096];
    int                 fd;
    uint64_t            written;
    int64_t             opened;
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = STDERR_FILENO, .settings.level = VANE_INFO };

static bool open_file(struct error *err)
{
    int fd = open(sink.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    int why = errno;
    char whole[VANE_PATH_MOST];
    if (fd < 0)
        return error_set(err, "open log file %s: %s", vane_path(whole, sink.path), strerror(why));
    struct stat status;
    sink.written = fstat(fd, &status) == 0 ? (uint64_t)status.st_size : 0;
    sink.fd = fd;
    sink.opened = vane_now();
    return true;
}

void log_close(void)
{
    pthread_mutex_lock(&sink.lock);
    if (sink.fd != STDERR_FILENO)
        close(sink.fd);
    sink.fd = STDERR_FILENO;
    sink.settings = (struct log_settings){ .level = VANE_INFO };
    pthread_mutex_unlock(&sink.lock);
}

bool log_open(const struct log_settings *settings, struct error *err)
{
    log_close();
    pthread_mutex_lock(&sink.lock);
    sink.settings = *settings;
    bool opened = true;
    if (settings->path && settings->path[0]) {
        snprintf(sink.path, sizeof sink.path, "%s", settings->path);
        opened = open_file(err);
    }
    pthread_mutex_unlock(&sink.lock);
    return opened;
}

static const char *base_name(void)
{
    const char *slash = strrchr(sink.path, '/');
    return slash ? slash + 1 : sink.path;
}

/* Archives are named PATH.TIME, so they sort by age. */
static int is_archive(const struct dirent *entry)
{
    size_t length = strlen(base_name());
    const char *rest = entry->d_name + length;
    return strncmp(entry->d_name, base_name(), length) == 0 && rest[0] == '.' && rest[1]
           && rest[1 + strspn(rest + 1, "0123456789")] == '\0';
}

static void remove_old_archives(void)
{
    if (sink.settings.archives < 0)
        return;
    char directory[4096], path[4400];
    snprintf(directory, sizeof directory, "%.*s", (int)(base_name() - sink.path), sink.path);
    struct dirent **found;
    int count = scandir(directory[0] ? directory : ".", &found, is_archive, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%s", directory, found[i]->d_name);
        if (i + sink.settings.archives < count)
            unlink(path);
        free(found[i]);
    }
    if (count >= 0)
        free(found);
}

static void rotate_if_due(int64_t now)
{
    bool old = sink.settings.rotate_every > 0 && now - sink.opened >= sink.settings.rotate_every;
    bool large = sink.settings.rotate_size > 0 && sink.written >= sink.settings.rotate_size;
    if (sink.fd == STDERR_FILENO || (!old && !large))
        return;
    char archive[4200];
    snprintf(archive, sizeof archive, "%s.%lld", sink.path, (long long)(now / 1000));
    struct error err;
    close(sink.fd);
    sink.fd = STDERR_FILENO;
    rename(sink.path, archive);
    open_file(&err);
    remove_old_archives();
}

/* What a server says may have newlines and escapes in it: a run of control characters becomes a blank. */
static void add_plain(struct vane_text *line, const char *message)
{
    for (const char *at = message; *at;) {
        size_t plain = 0, control = 0;
        while ((unsigned char)at[plain] >= ' ' && at[plain] != 0x7f)
            plain++;
        vane_text_add(line, at, plain);
        while (at[plain + control] && ((unsigned char)at[plain + control] < ' ' || at[plain + control] == 0x7f))
            control++;
        at += plain + control;
        if (control && *at)
            vane_text_add(line, " ", 1);
    }
}

static void compose(struct vane_text *line, int64_t now, const char *name, enum vane_level level, const char *message)
{
    static const char *const words[] = { "error", "warn", "info", "debug" };
    static const char letters[] = "EWID";
    time_t seconds = (time_t)(now / 1000000000);
    struct tm parts;
    char when[40];
    if (sink.settings.local_time)
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&seconds, &parts));
    else
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));

    if (!sink.settings.structured) {
        vane_text_addf(line, "%s %c! [%s] ", when, letters[level], name);
        add_plain(line, message);
        vane_text_add(line, "\n", 1);
        return;
    }
    vane_text_addf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"plugin\":", when, words[level]);
    json_text_add(line, name, strlen(name));
    vane_text_addf(line, ",\"msg\":");
    json_text_add(line, message, strlen(message));
    vane_text_addf(line, "}\n");
}

/* Counts a repeat; answers whether this one is printed, and how many were left out before it. */
static bool due(struct log_source *source, enum vane_level level, const char *format, int64_t now, uint64_t *left_out)
{
    for (size_t i = 0; i < sizeof source->recent / sizeof source->recent[0]; i++) {
        if (source->recent[i].format != format || source->recent[i].level != level)
            continue;
        if (now - source->recent[i].since < REPEAT_WINDOW) {
            source->recent[i].left_out++;
            return false;
        }
        *left_out = source->recent[i].left_out;
        source->recent[i].since = now;
        source->recent[i].left_out = 0;
        return true;
    }
    source->recent[source->at].format = format;
    source->recent[source->at].level = level;
    source->recent[source->at].since = now;
    source->recent[source->at].left_out = 0;
    source->at = (source->at + 1) % (int)(sizeof source->recent / sizeof source->recent[0]);
    return true;
}

void log_line_args(struct log_source *source, enum vane_level level, const char *format, va_list args)
{
    pthread_mutex_lock(&sink.lock);
    int64_t now = vane_now();
    uint64_t left_out = 0;
    int limit = source && source->level >= 0 ? source->level : (int)sink.settings.level;
    if ((int)level <= limit && (!source || due(source, level, format, now, &left_out))) {
        char message[2048];
        int length = vsnprintf(message, sizeof message, format, args);
        if (left_out && length >= 0 && (size_t)length < sizeof message)
            snprintf(message + length, sizeof message - (size_t)length, " (and %llu more like it)",
                     (unsigned long long)left_out);
        struct vane_text line = { 0 };
        compose(&line, now, source ? source->name : "agent", level, message);
        rotate_if_due(now);
        ssize_t wrote = write(sink.fd, line.data, line.length);
        sink.written += wrote > 0 ? (uint64_t)wrote : 0;
        vane_text_release(&line);
    }
    pthread_mutex_unlock(&sink.lock);
}

void log_line(struct log_source *source, enum vane_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_line_args(source, level, format, args);
    va_end(args);
}

void log_crash(const char *name, int signal)
{
    char line[256] = "vane: crashed in ";
    size_t length = strlen(line), name_length = strlen(name);
    if (name_length > sizeof line - length - 32)
        name_length = sizeof line - length - 32;
    memcpy(line + length, name, name_length);
    length += name_length;
    memcpy(line + length, " (signal ", 9);
    length += 9;
    if (signal >= 10)
        line[length++] = (char)('0' + signal / 10);
    line[length++] = (char)('0' + signal % 10);
    memcpy(line + length, ")\n", 2);
    length += 2;
    int fd = sink.fd;
    ssize_t ignored = write(fd, line, length);
    if (fd != STDERR_FILENO)
        ignored = write(STDERR_FILENO, line, length);
    (void)ignored;
}
