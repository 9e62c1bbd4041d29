#include "rung.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "client/loop.h"

enum { NUMBER = 5, WIDTH = 640, HEIGHT = 360, FPS = 15, KBPS = 200, STEP_MS = 800 };

static const tl_time_us WELCOME_WITHIN_US = 12 * TL_SECOND_US;
static const tl_time_us CONNECT_WITHIN_US = 12 * TL_SECOND_US;
static const tl_time_us MEDIA_WITHIN_US = 5 * TL_SECOND_US;  /* to begin to flow both ways */
static const tl_time_us MEDIA_US = 5500 * TL_MILLISECOND_US; /* as long as it is examined */
static const tl_time_us STEP_WITHIN_US = 6 * TL_SECOND_US;
static const tl_time_us DOWN_WITHIN_US = 8 * TL_SECOND_US;
static const tl_time_us VERDICT_WITHIN_US = 6 * TL_SECOND_US;

static const unsigned steps_kbps[] = { 300, 500, 1000, 2000, 4000 };

static const enum tl_way ways[TL_PROBE_RUNGS] = { [TL_PROBE_UDP] = TL_WAY_UDP,
                                                  [TL_PROBE_TCP] = TL_WAY_TCP,
                                                  [TL_PROBE_TCP443] = TL_WAY_SHARED,
                                                  [TL_PROBE_TURN] = TL_WAY_TURN,
                                                  [TL_PROBE_PROXY] = TL_WAY_PROXY };

struct trial {
    const struct tl_probe_rung_config *config;
    struct tl_probe_result *result;
    struct tl_loop *loop;
    struct tl_loop_seat *seat;
    bool offered, bad_answer, refused;
    json_t *down, *verdict; /* details, once told */
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static bool end_as(struct trial *t, int state, const char *reason)
{
    t->result->state = state;
    (void)tl_text_copy(tl_text(reason), t->result->reason, sizeof t->result->reason);
    return false;
}

static void take_test(struct trial *t, json_t *event)
{
    const char *what = text_of(event, "what");
    json_t *detail = json_object_get(event, "detail");
    if (strcmp(what, "up") == 0) {
        t->result->up.jitter_ms = number_of(detail, "jitter_ms");
    } else if (strcmp(what, "down") == 0 && !t->down) {
        t->down = json_incref(detail);
    } else if (strcmp(what, "verdict") == 0 && !t->verdict) {
        t->verdict = json_incref(detail);
    }
}

static void take_event(void *context, json_t *event)
{
    struct trial *t = context;
    const char *kind = text_of(event, "event");
    if (strcmp(kind, "test") == 0)
        take_test(t, event);
    else if (strcmp(kind, "offer") == 0)
        t->offered = true;
    else if (strcmp(kind, "bad_answer") == 0)
        t->bad_answer = true;
    else if (strcmp(kind, "not_connected") == 0)
        t->refused = true;
}

static struct tl_seat *core(const struct trial *t)
{
    return tl_loop_seat_core(t->seat);
}

static const struct tl_peer *peer(const struct trial *t)
{
    return tl_seat_peer(core(t));
}

static bool is_over(const struct trial *t)
{
    return t->refused || tl_seat_is_over(core(t));
}

/* Until then, or until the seat is over. */
static bool turn_until(struct trial *t, bool (*there)(const struct trial *t), tl_time_us within)
{
    tl_time_us until = tl_clock_monotonic() + within;
    while (!there(t)) {
        if (tl_clock_monotonic() >= until || is_over(t))
            return false;
        tl_loop_turn(t->loop, until);
    }
    return true;
}

static void tell(const struct trial *t, enum tl_probe_stage stage)
{
    t->config->stage(t->config->context, t->result->rung, stage);
}

static void say(const struct trial *t, const char *step)
{
    tl_autojson json_t *command =
        json_pack("{s:s,s:{s:s,s:s}}", "do", "send", "message", "type", "test", "step", step);
    (void)tl_seat_command(core(t), tl_clock_monotonic(), command);
}

/* ---- getting there ---- */

static bool sit_down(struct trial *t)
{
    const struct tl_probe_rung_config *config = t->config;
    tl_autojson json_t *answer = NULL;
    char url[1100];
    if (tl_http_call(config->http, "POST", "/api/probes", NULL, 200, &answer))
        return end_as(t, TL_PROBE_UNKNOWN, tl_http_word(config->http));
    snprintf(url, sizeof url, "wss://%.1000s/ws", config->url + strlen("https://"));
    struct tl_loop_seat_config seat = {
        .url = url,
        .ticket = text_of(answer, "ticket"),
        .client = "teleloire-probe",
        .language = config->language,
        .number = NUMBER,
        .width = WIDTH,
        .height = HEIGHT,
        .fps = FPS,
        .kbps = KBPS,
        .way = ways[config->rung],
        .event = take_event,
        .context = t,
    };
    if (tl_loop_new(config->ca, config->proxy, &t->loop) ||
        tl_loop_add(t->loop, &seat, &t->seat))
        return end_as(t, TL_PROBE_UNKNOWN, "signalling");
    return true;
}

static bool has_answer(const struct trial *t)
{
    return t->bad_answer || (t->offered && peer(t) &&
                             tl_peer_state(peer(t), tl_clock_monotonic()) != TL_PEER_NEW);
}

static bool is_connected(const struct trial *t)
{
    enum tl_peer_state state = tl_peer_state(peer(t), tl_clock_monotonic());
    return state == TL_PEER_CONNECTED || state == TL_PEER_FAILED;
}

static bool connect_media(struct trial *t)
{
    bool turn = t->result->rung == TL_PROBE_TURN || t->result->rung == TL_PROBE_PROXY;
    if (!turn_until(t, has_answer, WELCOME_WITHIN_US))
        return end_as(t, TL_PROBE_UNKNOWN, "signalling");
    if (t->bad_answer)
        return end_as(t, TL_PROBE_FAILED, "no_candidate");
    if (turn && !*tl_seat_turn(core(t))->url)
        return end_as(t, TL_PROBE_FAILED, "no_turn");
    tl_time_us began = tl_clock_monotonic();
    bool there = turn_until(t, is_connected, CONNECT_WITHIN_US);
    const char *why = tl_loop_seat_why(t->seat), *reason = tl_peer_reason(peer(t));
    if (!there || reason)
        return end_as(t, TL_PROBE_FAILED,
                      *why                                   ? why
                      : reason && strcmp(reason, "ice") != 0 ? "media"
                                                             : "no_answer");
    t->result->connect_ms = (double)(tl_clock_monotonic() - began) / TL_MILLISECOND_US;
    return true;
}

/* ---- sound and pictures ---- */

static struct tl_peer_slot slot_of(const struct trial *t, bool video)
{
    struct tl_peer_slot slot, found = { .identity = -1 };
    for (size_t i = 0; i < tl_peer_slot_count(peer(t)); i++) {
        tl_peer_slot(peer(t), i, &slot);
        if (slot.video == video && slot.heard)
            found = slot;
    }
    return found;
}

static bool media_flows(const struct trial *t)
{
    return slot_of(t, false).decoded && slot_of(t, true).decoded;
}

static bool never(const struct trial *t)
{
    (void)t;
    return false;
}

static double loss_of(const struct tl_peer_transport *before,
                      const struct tl_peer_transport *after)
{
    int64_t sent = after->newest - before->newest;
    int64_t lost = sent - (int64_t)(after->arrived - before->arrived);
    return sent > 0 && lost > 0 ? (double)lost / (double)sent : 0;
}

static bool exchange_media(struct trial *t)
{
    struct tl_probe_result *r = t->result;
    struct tl_peer_transport up[2], down[2];
    struct tl_peer_statistics statistics;
    tell(t, TL_PROBE_STAGE_MEDIA);
    (void)turn_until(t, media_flows, MEDIA_WITHIN_US);
    say(t, "begin");
    tl_peer_transport(peer(t), &up[0], &down[0]);
    struct tl_peer_slot before = slot_of(t, true);
    (void)turn_until(t, never, MEDIA_US);
    if (is_over(t))
        return end_as(t, TL_PROBE_FAILED, "closed");
    tl_peer_transport(peer(t), &up[1], &down[1]);
    tl_peer_statistics(peer(t), &statistics);
    struct tl_peer_slot sound = slot_of(t, false), picture = slot_of(t, true);
    r->srtp_profile = statistics.srtp_profile;
    r->rtt_ms = statistics.rtt ? (double)statistics.rtt / TL_MILLISECOND_US : -1;
    r->up.loss = loss_of(&up[0], &up[1]);
    r->down.loss = loss_of(&down[0], &down[1]);
    r->down.jitter_ms = sound.jitter_ms;
    r->near_audio = sound.identity == NUMBER;
    r->near_video = picture.identity == NUMBER;
    r->near_level_dbfs = sound.level_dbfs;
    r->near_fps = (double)(picture.moved - before.moved) * TL_SECOND_US / (double)MEDIA_US;
    r->near_width = picture.width;
    r->near_height = picture.height;
    return true;
}

/* ---- bandwidth ---- */

static bool is_probed(const struct trial *t)
{
    struct tl_peer_measure measure;
    return tl_peer_probed(peer(t), &measure);
}

static bool measure_up(struct trial *t)
{
    struct tl_probe_direction *up = &t->result->up;
    tell(t, TL_PROBE_STAGE_UP);
    for (size_t i = 0; i < TL_COUNT_OF(steps_kbps); i++) {
        struct tl_peer_measure measure;
        if (tl_seat_probe(core(t), tl_clock_monotonic(), steps_kbps[i], STEP_MS) ||
            !turn_until(t, is_probed, STEP_WITHIN_US) || !tl_peer_probed(peer(t), &measure))
            return end_as(t, TL_PROBE_FAILED, "no_measure");
        struct tl_probe_step step = { measure.kbps, measure.received_kbps, measure.loss,
                                      measure.delay_ms };
        up->steps[up->step_count++] = step;
        if (tl_probe_steps_are_enough(up))
            break;
    }
    tl_probe_direction_judge(up);
    return true;
}

static bool is_down_told(const struct trial *t)
{
    return t->down != NULL;
}

static bool measure_down(struct trial *t)
{
    struct tl_probe_direction *down = &t->result->down;
    size_t i;
    json_t *item;
    tell(t, TL_PROBE_STAGE_DOWN);
    say(t, "down");
    if (!turn_until(t, is_down_told, DOWN_WITHIN_US))
        return end_as(t, TL_PROBE_FAILED, "no_measure");
    json_array_foreach(json_object_get(t->down, "steps"), i, item) if (i < TL_PROBE_STEPS_LIMIT)
        down->steps[down->step_count++] =
        (struct tl_probe_step){ number_of(item, "kbps"), number_of(item, "received_kbps"),
                                number_of(item, "loss"), number_of(item, "delay_ms") };
    tl_probe_direction_judge(down);
    return true;
}

/* ---- the far side ---- */

static bool has_verdict(const struct trial *t)
{
    return t->verdict != NULL;
}

static void copy_verdict(const json_t *judged, char word[TL_PROBE_WORD_SIZE])
{
    const char *text = text_of(judged, "verdict");
    (void)tl_text_copy(tl_text(*text ? text : "none"), word, TL_PROBE_WORD_SIZE);
}

static bool ask_verdict(struct trial *t)
{
    tell(t, TL_PROBE_STAGE_JUDGE);
    say(t, "end");
    if (!turn_until(t, has_verdict, VERDICT_WITHIN_US))
        return end_as(t, TL_PROBE_FAILED, "no_measure");
    const json_t *audio = json_object_get(t->verdict, "audio");
    copy_verdict(audio, t->result->far_audio);
    copy_verdict(json_object_get(t->verdict, "video"), t->result->far_video);
    t->result->far_level_dbfs = number_of(audio, "level_dbfs");
    return true;
}

static void leave(struct trial *t)
{
    tl_autojson json_t *command = json_pack("{s:s}", "do", "leave");
    if (t->seat && core(t) && !tl_seat_is_over(core(t))) {
        (void)tl_seat_command(core(t), tl_clock_monotonic(), command);
        (void)turn_until(t, never, TL_SECOND_US); /* until bye */
    }
    tl_loop_free(t->loop);
    json_decref(t->down);
    json_decref(t->verdict);
}

void tl_probe_rung_run(const struct tl_probe_rung_config *config,
                       struct tl_probe_result *ret_result)
{
    *ret_result = (struct tl_probe_result){ .rung = config->rung, .rtt_ms = -1 };
    struct trial t = { .config = config, .result = ret_result };
    tell(&t, TL_PROBE_STAGE_CONNECT);
    if (sit_down(&t) && connect_media(&t) && exchange_media(&t) && measure_up(&t) &&
        measure_down(&t) && ask_verdict(&t))
        ret_result->state = TL_PROBE_MEASURED;
    leave(&t);
}
