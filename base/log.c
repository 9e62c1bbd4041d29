#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"

enum { LINE_SIZE = 2048, WORD_LIMIT = 512 };

static const char *log_role = "teleloire";
static int log_index;
static enum tl_log_level log_lowest = TL_LOG_INFO;
static const char *const level_names[] = { "debug", "info", "warning", "error" };

void tl_log_open(const char *role, int index, enum tl_log_level lowest)
{
    log_role = role;
    log_index = index;
    log_lowest = lowest;
}

static void write_word(struct tl_writer *line, const char *word)
{
    tl_write_u8(line, '"');
    for (size_t i = 0; word && word[i] && i < WORD_LIMIT; i++) {
        uint8_t c = (uint8_t)word[i];
        if (c == '"' || c == '\\')
            tl_write_format(line, "\\%c", c);
        else if (c < 0x20)
            tl_write_format(line, "\\u%04x", c);
        else
            tl_write_u8(line, c);
    }
    tl_write_u8(line, '"');
}

void tl_log_write(enum tl_log_level level, const char *event, const struct tl_log_field *fields,
                  size_t count)
{
    if (level < log_lowest)
        return;
    char buffer[LINE_SIZE], time[TL_TIMESTAMP_SIZE];
    /* Room is kept for the end of the line, so that a cut line is still JSON. */
    struct tl_writer line = tl_writer(buffer, sizeof buffer - 3);
    tl_timestamp_write(tl_clock_wall(), time);
    tl_write_format(
        &line, "{\"at\":\"%s\",\"level\":\"%s\",\"role\":\"%s\",\"index\":%d,\"event\":", time,
        level_names[level], log_role, log_index);
    write_word(&line, event);
    for (size_t i = 0; i < count; i++) {
        struct tl_writer before = line;
        tl_write_format(&line, ",\"%s\":", fields[i].name);
        if (fields[i].kind == TL_LOG_FIELD_INTEGER)
            tl_write_format(&line, "%lld", (long long)fields[i].integer);
        else if (fields[i].kind == TL_LOG_FIELD_BOOLEAN)
            tl_write_format(&line, "%s", fields[i].integer ? "true" : "false");
        else
            write_word(&line, fields[i].word);
        if (line.failed) {
            line = before;
            break;
        }
    }
    buffer[line.used++] = '}';
    buffer[line.used++] = '\n';
    ssize_t written = write(STDERR_FILENO, buffer, line.used);
    (void)written; /* nobody to tell */
}
