/* The ten-second proof: a doctor and a patient hold a teleconsultation on the server that is up,
 * from sign-in to the closed act, with sound and pictures through its relay. Read it from the
 * bottom: each step is a line, and the first that does not hold ends it. */
#include "selftest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "client/http.h"
#include "client/loop.h"
#include "mailbox.h"

enum {
    DOCTOR = 1, /* who is heard and seen as what */
    PATIENT = 2,
    FPS = 15,
    TALK_US = 4 * TL_SECOND_US,
    MAIL_WITHIN_US = 10 * TL_SECOND_US,
    STEP_WITHIN_US = 10 * TL_SECOND_US,
    FACTOR_TRIES = 40, /* a second each */
    ID_SIZE = 64
};

/* Quality below which the call does not count as one. */
static const double loudness_least_dbfs = -40, loss_most = 0.02;

struct side {
    const char *name;
    int number, expects;
    struct tl_http *http;
    struct tl_loop_seat *loop_seat;
    bool socket_refused;
    uint64_t frames_before;
};

struct selftest {
    const char *url, *ca;
    tl_time_us began;
    long began_wall;
    char mailbox[1024], login[128], password[128], doctor_name[128];
    char act[ID_SIZE], address[96];
    struct side doctor, patient;
    struct tl_loop *loop;
    char why[600];
};

static bool fail(struct selftest *test, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool fail(struct selftest *test, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(test->why, sizeof test->why, format, arguments);
    va_end(arguments);
    return false;
}

static void say(const struct selftest *test, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(const struct selftest *test, const char *format, ...)
{
    va_list arguments;
    printf("  %5.1f s  ", (double)(tl_clock_monotonic() - test->began) / TL_SECOND_US);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool call(struct selftest *test, struct side *side, const char *method, const char *path,
                 json_t *body, int expected, json_t **ret_answer)
{
    json_t *answer = NULL;
    if (tl_http_call(side->http, method, path, body, expected, &answer))
        return fail(test, "%s", tl_http_why(side->http));
    if (ret_answer)
        *ret_answer = answer;
    else
        json_decref(answer);
    return true;
}

/* ---- who ---- */

static bool read_demo(struct selftest *test, const char *path)
{
    tl_autojson json_t *demo = json_load_file(path, 0, NULL);
    size_t index;
    json_t *account;
    if (!demo)
        return fail(test, "%s cannot be read", path);
    (void)tl_text_copy(tl_text(text_of(demo, "mailbox_dir")), test->mailbox,
                       sizeof test->mailbox);
    json_array_foreach(json_object_get(demo, "accounts"), index, account)
    {
        if (!strstr(text_of(account, "role"), "doctor"))
            continue;
        (void)tl_text_copy(tl_text(text_of(account, "login")), test->login, sizeof test->login);
        (void)tl_text_copy(tl_text(text_of(account, "password")), test->password,
                           sizeof test->password);
        (void)tl_text_copy(tl_text(text_of(account, "name")), test->doctor_name,
                           sizeof test->doctor_name);
        return true;
    }
    return fail(test, "%s names no doctor", path);
}

/* A demo account's code is in the answer of who asks, once for each half minute: a self test that was
 * run a moment ago waits for the next. */
static bool give_factor(struct selftest *test, const char *first)
{
    char code[16] = "";
    (void)tl_text_copy(tl_text(first), code, sizeof code);
    for (unsigned tries = 0; !code[0] && tries < FACTOR_TRIES; tries++) {
        tl_autojson json_t *me = NULL;
        nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
        if (!call(test, &test->doctor, "GET", "/api/me", NULL, 200, &me))
            return false;
        (void)tl_text_copy(tl_text(text_of(me, "demo_code")), code, sizeof code);
    }
    if (!code[0])
        return fail(test, "no code of %s's second factor to be had: is this the demo?",
                    test->login);
    tl_autojson json_t *answer = NULL;
    if (!call(test, &test->doctor, "POST", "/api/me/factor/code",
              json_pack("{s:s}", "code", code), 200, &answer))
        return false;
    tl_http_set_csrf(test->doctor.http, text_of(json_object_get(answer, "me"), "csrf"));
    return true;
}

static bool sign_in(struct selftest *test)
{
    tl_autojson json_t *answer = NULL;
    if (!call(test, &test->doctor, "POST", "/api/sign-in",
              json_pack("{s:s,s:s}", "login", test->login, "password", test->password), 200,
              &answer))
        return false;
    json_t *me = json_object_get(answer, "me");
    tl_http_set_csrf(test->doctor.http, text_of(me, "csrf"));
    if (*text_of(me, "missing") && !give_factor(test, text_of(me, "demo_code")))
        return false;
    say(test, "signed in as %s (%s)", test->doctor_name, test->login);
    return true;
}

/* A patient of the demo whom this doctor has seen before, in the structure where it was. */
static bool make_act(struct selftest *test)
{
    tl_autojson json_t *register_ = NULL, *act = NULL;
    char random[TL_ID_SIZE];
    if (!call(test, &test->doctor, "GET", "/api/acts?limit=1", NULL, 200, &register_))
        return false;
    json_t *last = json_array_get(json_object_get(register_, "items"), 0);
    const char *patient = text_of(json_object_get(last, "patient"), "id");
    const char *structure = text_of(json_object_get(last, "structure"), "id");
    if (!*patient || !*structure)
        return fail(test, "the demo doctor has no act yet");
    tl_random_id(random);
    snprintf(test->address, sizeof test->address, "selftest-%.12s@exemple.fr", random);
    json_t *invitation =
        json_pack("{s:s,s:n,s:s}", "email", test->address, "phone", "language", "fr");
    if (!call(test, &test->doctor, "POST", "/api/acts",
              json_pack("{s:s,s:s,s:n,s:i,s:s,s:o}", "patient", patient, "structure", structure,
                        "starts_at", "duration_min", 15, "reason", "Essai de l’installation",
                        "invite", invitation),
              201, &act))
        return false;
    (void)tl_text_copy(tl_text(text_of(act, "id")), test->act, sizeof test->act);
    say(test, "act made for %s, now", text_of(json_object_get(act, "patient"), "display_name"));
    return true;
}

/* ---- the patient's way in ---- */

static bool wait_for_mail(struct selftest *test, struct tl_mail_invitation *ret_invitation)
{
    tl_time_us until = tl_clock_monotonic() + MAIL_WITHIN_US;
    do {
        if (tl_mailbox_find(test->mailbox, test->address, test->began_wall - 1,
                            ret_invitation) == TL_OK)
            return true;
        /* Nothing tells of a new file here but looking again. */
        nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
    } while (tl_clock_monotonic() < until);
    return fail(test, "no invitation with a code reached the mailbox folder %s", test->mailbox);
}

static bool open_invitation(struct selftest *test)
{
    struct tl_mail_invitation invitation;
    tl_autojson json_t *opened = NULL, *visit = NULL;
    if (!wait_for_mail(test, &invitation) ||
        !call(test, &test->patient, "POST", "/api/invitations/open",
              json_pack("{s:s}", "token", invitation.token), 200, &opened))
        return false;
    if (strcmp(text_of(opened, "state"), "code_needed") != 0)
        return fail(test, "the link says %s, not code_needed", text_of(opened, "state"));
    if (!call(test, &test->patient, "POST", "/api/invitations/code",
              json_pack("{s:s,s:s}", "token", invitation.token, "code", invitation.code), 200,
              &visit))
        return false;
    tl_http_set_csrf(test->patient.http, text_of(visit, "csrf"));
    json_t *consent = json_object_get(json_object_get(visit, "visit"), "consent");
    if (!call(test, &test->patient, "POST", "/api/visit/consent",
              json_pack("{s:b,s:s,s:s}", "given", 1, "by", "patient", "text_version",
                        text_of(consent, "text_version")),
              200, NULL))
        return false;
    say(test, "the patient opened the link, gave the code and consented");
    return true;
}

/* ---- the call ---- */

static void take_event(void *context, json_t *event)
{
    struct side *side = context;
    const char *name = text_of(event, "event");
    if (strcmp(name, "error") == 0 || strcmp(name, "not_connected") == 0 ||
        strcmp(name, "bad_answer") == 0) {
        fprintf(stderr, "  %s: %s %s %s\n", side->name, name, text_of(event, "reason"),
                text_of(event, "message"));
        side->socket_refused = true;
    }
}

static bool take_seat(struct selftest *test, struct side *side, const char *path)
{
    tl_autojson json_t *answer = NULL;
    char url[1100];
    if (!call(test, side, "POST", path, NULL, 200, &answer))
        return false;
    if (strncmp(test->url, "https://", 8) != 0)
        return fail(test, "%s is not https", test->url);
    snprintf(url, sizeof url, "wss://%.1000s/ws", test->url + 8);
    struct tl_loop_seat_config config = {
        .url = url,
        .ticket = text_of(answer, "ticket"),
        .client = "teleloire selftest",
        .number = (uint8_t)side->number,
        .width = 640,
        .height = 360,
        .fps = FPS,
        .kbps = 600,
        .event = take_event,
        .context = side,
    };
    enum tl_error error = tl_loop_add(test->loop, &config, &side->loop_seat);
    return error ? fail(test, "%s cannot take a seat: %s", side->name, tl_error_name(error))
                 : true;
}

static bool turn_until(struct selftest *test, bool (*there)(struct selftest *test),
                       tl_time_us within)
{
    tl_time_us until = tl_clock_monotonic() + within;
    while (!there(test)) {
        if (tl_clock_monotonic() >= until || test->doctor.socket_refused ||
            test->patient.socket_refused)
            return false;
        tl_loop_turn(test->loop, until);
    }
    return true;
}

static const char *state_of(const struct side *side)
{
    return tl_seat_state(tl_loop_seat_core(side->loop_seat));
}

static bool doctor_is_in(struct selftest *test)
{
    return strcmp(state_of(&test->doctor), "in") == 0;
}

/* The participant who waits, as the doctor's roster says; "" when nobody does. */
static const char *who_waits(struct selftest *test)
{
    size_t index;
    json_t *seat;
    json_t *roster = tl_seat_roster(tl_loop_seat_core(test->doctor.loop_seat));
    json_array_foreach(roster, index, seat) if (strcmp(text_of(seat, "state"), "waiting") ==
                                                0) return text_of(seat, "participant");
    return "";
}

static bool somebody_waits(struct selftest *test)
{
    return *who_waits(test) != 0;
}

static bool is_connected(const struct side *side)
{
    const struct tl_peer *peer = tl_seat_peer(tl_loop_seat_core(side->loop_seat));
    return peer && tl_peer_state(peer, tl_clock_monotonic()) == TL_PEER_CONNECTED;
}

static bool both_are_connected(struct selftest *test)
{
    return is_connected(&test->doctor) && is_connected(&test->patient);
}

struct got {
    struct tl_peer_slot sound, picture;
    struct tl_peer_statistics link;
};

/* What a side has of whom it expects: the slot that carries the other's tone, and the pattern. */
static struct got get(const struct side *side)
{
    struct got got = { .sound.identity = -1, .picture.identity = -1 };
    const struct tl_peer *peer = tl_seat_peer(tl_loop_seat_core(side->loop_seat));
    for (size_t i = 0; i < tl_peer_slot_count(peer); i++) {
        struct tl_peer_slot slot;
        tl_peer_slot(peer, i, &slot);
        if (slot.identity == side->expects)
            *(slot.video ? &got.picture : &got.sound) = slot;
    }
    tl_peer_statistics(peer, &got.link);
    return got;
}

static bool each_has_the_other(struct selftest *test)
{
    struct got doctor = get(&test->doctor), patient = get(&test->patient);
    return doctor.sound.identity >= 0 && doctor.picture.identity >= 0 &&
           patient.sound.identity >= 0 && patient.picture.identity >= 0;
}

static bool never(struct selftest *test)
{
    (void)test;
    return false;
}

static bool meet(struct selftest *test)
{
    char path[128];
    snprintf(path, sizeof path, "/api/acts/%s/join", test->act);
    if (!take_seat(test, &test->doctor, path))
        return false;
    if (!turn_until(test, doctor_is_in, STEP_WITHIN_US))
        return fail(test, "the doctor did not get into the session");
    if (!take_seat(test, &test->patient, "/api/visit/join"))
        return false;
    if (!turn_until(test, somebody_waits, STEP_WITHIN_US))
        return fail(test, "the patient did not reach the waiting room");
    say(test, "the patient waits; the doctor admits");
    struct tl_seat *doctor = tl_loop_seat_core(test->doctor.loop_seat);
    const char *participant = who_waits(test);
    tl_autojson json_t *admit =
        json_pack("{s:s,s:s}", "do", "admit", "participant", participant);
    tl_autojson json_t *identity =
        json_pack("{s:s,s:{s:s,s:s,s:b}}", "do", "send", "message", "type", "identity",
                  "participant", participant, "checked", 1);
    (void)tl_seat_command(doctor, tl_clock_monotonic(), admit);
    if (!turn_until(test, both_are_connected, STEP_WITHIN_US))
        return fail(test, "ICE and DTLS did not come up on both sides");
    (void)tl_seat_command(doctor, tl_clock_monotonic(), identity);
    say(test, "both are connected to the relay (ICE, DTLS-SRTP profile 0x%04x)",
        get(&test->doctor).link.srtp_profile);
    return true;
}

static bool judge(struct selftest *test, struct side *side)
{
    struct got got = get(side);
    double seconds = (double)TALK_US / TL_SECOND_US;
    double fps = (double)(got.picture.moved - side->frames_before) / seconds;
    if (got.sound.identity != side->expects || got.picture.identity != side->expects)
        return fail(test, "the %s does not hear and see the other", side->name);
    say(test,
        "%-7s hears tone %d at %.0f dBFS, sees picture %d of %ux%u at %.1f/s; loss %.2f %%, "
        "jitter %.1f ms, round trip %.1f ms",
        side->name, got.sound.identity, got.sound.level_dbfs, got.picture.identity,
        got.picture.width, got.picture.height, fps, got.link.loss_in * 100, got.sound.jitter_ms,
        (double)got.link.rtt / TL_MILLISECOND_US);
    if (got.sound.level_dbfs < loudness_least_dbfs)
        return fail(test, "the %s hears too little", side->name);
    if (fps < FPS / 2.0)
        return fail(test, "the %s sees too few pictures", side->name);
    if (got.link.loss_in > loss_most)
        return fail(test, "the %s loses too many packets", side->name);
    return true;
}

static bool talk(struct selftest *test)
{
    if (!turn_until(test, each_has_the_other, STEP_WITHIN_US))
        return fail(test, "the two do not hear and see each other");
    test->doctor.frames_before = get(&test->doctor).picture.moved;
    test->patient.frames_before = get(&test->patient).picture.moved;
    (void)turn_until(test, never, TALK_US);
    return judge(test, &test->doctor) && judge(test, &test->patient);
}

static bool both_are_over(struct selftest *test)
{
    return strcmp(state_of(&test->doctor), "over") == 0 &&
           strcmp(state_of(&test->patient), "over") == 0;
}

static bool end_call(struct selftest *test)
{
    tl_autojson json_t *end = json_pack("{s:s}", "do", "end");
    (void)tl_seat_command(tl_loop_seat_core(test->doctor.loop_seat), tl_clock_monotonic(), end);
    if (!turn_until(test, both_are_over, STEP_WITHIN_US))
        return fail(test, "the session did not end for both");
    say(test, "the doctor ended the session");
    return true;
}

/* ---- the act ---- */

static bool close_act(struct selftest *test)
{
    char path[128];
    tl_autojson json_t *closed = NULL, *act = NULL;
    snprintf(path, sizeof path, "/api/acts/%s/close", test->act);
    json_t *form = json_pack(
        "{s:s,s:s,s:b,s:n,s:b,s:n,s:b}", "text",
        "Essai de l’installation : deux participants natifs, son et image par le relais.",
        "conclusion", "L’installation fonctionne.", "incidents_confirmed", 1,
        "incident_comment", "identity_checked", 1, "prescription", "send_to_patient", 0);
    if (!call(test, &test->doctor, "POST", path, form, 200, &closed))
        return false;
    snprintf(path, sizeof path, "/api/acts/%s", test->act);
    if (!call(test, &test->doctor, "GET", path, NULL, 200, &act))
        return false;
    say(test, "the act in the register:");
    printf("\n  %s  %s  %s\n  %s, %s, %s\n  %zu participants, %zu events, %zu incidents\n\n",
           text_of(act, "starts_at"), text_of(act, "type"), text_of(act, "state"),
           text_of(json_object_get(act, "patient"), "display_name"),
           text_of(json_object_get(act, "professional"), "display_name"),
           text_of(json_object_get(act, "structure"), "name"),
           json_array_size(json_object_get(act, "participants")),
           json_array_size(json_object_get(act, "events")),
           json_array_size(json_object_get(act, "incidents")));
    if (strcmp(text_of(act, "state"), "closed") != 0)
        return fail(test, "the act is %s, not closed", text_of(act, "state"));
    if (json_array_size(json_object_get(act, "participants")) != 2)
        return fail(test, "the act does not name its two participants");
    return true;
}

static bool prepare(struct selftest *test, const char *demo)
{
    if (!read_demo(test, demo))
        return false;
    test->doctor.http = tl_http_new(test->url, test->ca, NULL);
    test->patient.http = tl_http_new(test->url, test->ca, NULL);
    if (!test->doctor.http || !test->patient.http || tl_loop_new(test->ca, NULL, &test->loop))
        return fail(test, "cannot begin (is %s there?)", test->ca ? test->ca : "the CA file");
    return true;
}

int tl_selftest(const char *url, const char *ca, const char *demo)
{
    struct selftest test = {
        .url = url,
        .ca = ca,
        .began = tl_clock_monotonic(),
        .began_wall = (long)(tl_clock_wall() / TL_SECOND_US),
        .doctor = { .name = "doctor", .number = DOCTOR, .expects = PATIENT },
        .patient = { .name = "patient", .number = PATIENT, .expects = DOCTOR },
    };
    printf("Selftest of %s\n", url);
    bool well = prepare(&test, demo) && sign_in(&test) && make_act(&test) &&
                open_invitation(&test) && meet(&test) && talk(&test) && end_call(&test) &&
                close_act(&test);
    double seconds = (double)(tl_clock_monotonic() - test.began) / TL_SECOND_US;
    if (well)
        printf("Selftest passed in %.1f s\n", seconds);
    else
        printf("Selftest FAILED after %.1f s: %s\n", seconds, test.why);
    fflush(stdout);
    tl_loop_free(test.loop);
    tl_http_free(test.doctor.http);
    tl_http_free(test.patient.http);
    return well ? 0 : 1;
}
