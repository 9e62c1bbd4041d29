/* Numbers: what the supervisor tells of every process, what the door counts itself. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "door.h"
#include "samples.h"

const struct tl_peer_numbers *tl_numbers_find(const struct tl_door *door, const char *role,
                                              int index)
{
    for (size_t i = 0; i < door->number_count; i++)
        if (door->numbers[i].index == index && strcmp(door->numbers[i].role, role) == 0)
            return &door->numbers[i];
    return NULL;
}

static struct tl_peer_numbers *numbers_of(struct tl_door *door, const char *role, int index)
{
    const struct tl_peer_numbers *known = tl_numbers_find(door, role, index);
    if (known)
        return &door->numbers[known - door->numbers];
    if (door->number_count == TL_DOOR_PEER_NUMBERS_LIMIT)
        return NULL;
    struct tl_peer_numbers *numbers = &door->numbers[door->number_count++];
    *numbers = (struct tl_peer_numbers){ .index = index };
    snprintf(numbers->role, sizeof numbers->role, "%s", role);
    return numbers;
}

void tl_numbers_take(struct tl_door *door, const struct tl_channel_message *message)
{
    tl_autojson json_t *body = NULL;
    char role[TL_ROLE_WORD_SIZE];
    if (tl_json_read(message->json, TL_CHANNEL_JSON_LIMIT, &body))
        return;
    struct tl_fields f = tl_fields(body);
    struct tl_text name = tl_field_text(&f, "role", 1, sizeof role - 1);
    int index = (int)tl_field_integer(&f, "index", 0, 255);
    tl_field_ignore(&f, "pid");
    int64_t restarts = tl_field_integer(&f, "restarts", 0, INT32_MAX);
    bool up = tl_field_boolean(&f, "up");
    bool answers = tl_field_boolean(&f, "answers");
    json_t *counters = tl_field_object(&f, "counters");
    json_t *gauges = tl_field_object(&f, "gauges");
    if (tl_fields_end(&f) || tl_text_copy(name, role, sizeof role))
        return;
    struct tl_peer_numbers *numbers = numbers_of(door, role, index);
    if (!numbers)
        return;
    numbers->up = up;
    numbers->answers = answers;
    numbers->restarts = restarts;
    if (!json_object_size(counters) && !json_object_size(gauges))
        return; /* only that it came or went: the last numbers stay */
    json_decref(numbers->counters);
    json_decref(numbers->gauges);
    numbers->counters = json_incref(counters);
    numbers->gauges = json_incref(gauges);
}

void tl_numbers_free(struct tl_door *door)
{
    for (size_t i = 0; i < door->number_count; i++) {
        json_decref(door->numbers[i].counters);
        json_decref(door->numbers[i].gauges);
    }
    door->number_count = 0;
}

/* ---- metrics ---- */

static unsigned open_descriptors(const struct tl_door *door)
{
    char buffer[4096];
    unsigned count = 0;
    if (door->descriptors_fd < 0 || lseek(door->descriptors_fd, 0, SEEK_SET) != 0)
        return 0;
    for (ssize_t size; (size = getdents64(door->descriptors_fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t at = 0; at < size; count++) {
            /* struct linux_dirent64: u64 inode, i64 offset, u16 length, ... */
            uint16_t length;
            memcpy(&length, buffer + at + 16, sizeof length);
            at += length;
        }
    return count > 2 ? count - 2 : 0; /* . and .. */
}

static void add_own(struct tl_samples *samples, struct tl_door *door)
{
    const struct tl_door_counts *counts = &door->counts;
    struct tl_hub_counts hub = tl_hub_counts(door->hub);
    const struct {
        const char *name;
        bool counter;
        double value;
    } own[] = {
        { "connections_accepted_total", true, (double)counts->accepted },
        { "connections_refused_total", true, (double)counts->turned_away },
        { "connections_handed_total", true, (double)counts->handed },
        { "connections_unhandable_total", true, (double)counts->unhandable },
        { "connections", false, door->rates->connections },
        { "http_requests_total{status=\"2xx\"}", true, (double)counts->answered[2] },
        { "http_requests_total{status=\"3xx\"}", true, (double)counts->answered[3] },
        { "http_requests_total{status=\"4xx\"}", true, (double)counts->answered[4] },
        { "http_requests_total{status=\"5xx\"}", true, (double)counts->answered[5] },
        { "http_requests_in_hand", false, door->exchange_count },
        { "http_limited_total", true, (double)counts->limited },
        { "http_bytes_in_total", true, (double)counts->bytes_in },
        { "http_bytes_out_total", true, (double)counts->bytes_out },
        { "api_bad_answers_total", true, (double)counts->bad_answers },
        { "api_late_total", true, (double)counts->late },
        { "api_queue_refused_total", true, (double)door->pool.refused },
        { "api_queue_expired_total", true, (double)door->pool.expired },
        { "channel_bad_messages_total", true, (double)counts->bad_messages },
        { "websockets_total", true, (double)counts->websockets },
        { "websockets_refused_total", true, (double)counts->websocket_refused },
        { "websockets_slow_total", true, (double)counts->slow_websockets },
        { "websockets", false, door->client_count },
        { "sessions", false, (double)hub.sessions },
        { "session_seats", false, (double)hub.seats },
        { "session_watchers", false, (double)hub.watchers },
        { "session_messages_total", true, (double)hub.messages },
        { "session_messages_refused_total", true, (double)hub.refused },
        { "session_events_total", true, (double)hub.events_sent },
        { "session_events_retried_total", true, (double)hub.events_retried },
        { "database_up", false, door->health.database },
        { "journal_events", false, (double)door->health.journal_events },
        { "open_descriptors", false, open_descriptors(door) },
        { "certificates_exchanged_total", true, (double)door->tls.exchanged },
        { "certificates_refused_total", true, (double)door->tls.refused },
        { "client_certificates_refused_total", true, (double)door->tls.clients_refused },
    };
    for (size_t i = 0; i < TL_COUNT_OF(own); i++)
        tl_samples_add(samples, own[i].name, own[i].counter, own[i].value, "door",
                       door->role.index);
    struct tl_tls_end end;
    for (unsigned i = 0; tl_tls_end_at(&door->tls, i, &end); i++) {
        char name[64];
        snprintf(name, sizeof name, "certificate_expires_seconds{which=\"%s\"}", end.which);
        tl_samples_add(samples, name, false,
                       (double)(end.ends - tl_clock_wall()) / TL_SECOND_US, "door",
                       door->role.index);
    }
    for (int lane = 0; lane < TL_LANE_COUNT; lane++) {
        char name[64];
        snprintf(name, sizeof name, "api_queue{lane=\"%s\"}", tl_lane_name((enum tl_lane)lane));
        tl_samples_add(samples, name, false,
                       (double)(door->pool.pages[lane].count + door->pool.sessions[lane].count),
                       "door", door->role.index);
    }
}

enum tl_error tl_door_metrics_write(struct tl_door *door, char **ret_text, size_t *ret_size)
{
    struct tl_samples samples = { 0 };
    add_own(&samples, door);
    for (size_t i = 0; i < door->number_count; i++) {
        const struct tl_peer_numbers *numbers = &door->numbers[i];
        tl_samples_add(&samples, "up", false, numbers->up, numbers->role, numbers->index);
        tl_samples_add(&samples, "restarts_total", true, (double)numbers->restarts,
                       numbers->role, numbers->index);
        if (strcmp(numbers->role, "door") == 0)
            continue; /* ours are above, and fresher */
        tl_samples_add_object(&samples, numbers->counters, true, numbers->role, numbers->index);
        tl_samples_add_object(&samples, numbers->gauges, false, numbers->role, numbers->index);
    }
    tl_samples_add(&samples, "metrics_refused", false, samples.refused, "door",
                   door->role.index);
    enum tl_error error = tl_samples_write(&samples, ret_text, ret_size);
    tl_samples_free(&samples);
    return error;
}
