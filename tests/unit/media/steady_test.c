/* Nothing is allocated while a call goes on, whatever goes on in it: feedback, repeats, key frames,
 * layers and pace, a path that changes, connections over TCP. What libsrtp (on NSS) takes and gives
 * back inside its ciphers, and OpenSSL inside STUN's HMAC, is theirs and not counted. */
#include "testing.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <srtp2/srtp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counting_allocator.h"

static bool counting; /* within the relay */
static long before, taken, entered;

static void begin_counting(void)
{
    entered++;
    before = calls;
}

static void end_counting(void)
{
    taken += counting ? calls - before : 0;
}

#define WORLD_RELAY_BEGINS() begin_counting()
#define WORLD_RELAY_ENDS()   end_counting()
#define WORLD_PACKETS        256
#include "layered_scene.h"
#include "media/deframer.h"
#include "media/streams.h"

/* ---- the libraries' own memory ---- */

typedef srtp_err_status_t srtp_call(srtp_t, void *, int *);

static void *real(const char *name)
{
    unheard++;
    void *found = dlsym(RTLD_NEXT, name);
    unheard--;
    assert_non_null(found);
    return found;
}

#define UNHEARD_SRTP(name)                                                                     \
    srtp_err_status_t name(srtp_t srtp, void *packet, int *size)                               \
    {                                                                                          \
        static srtp_call *call;                                                                \
        if (!call)                                                                             \
            call = (srtp_call *)real(#name);                                                   \
        unheard++;                                                                             \
        srtp_err_status_t status = call(srtp, packet, size);                                   \
        unheard--;                                                                             \
        return status;                                                                         \
    }
UNHEARD_SRTP(srtp_protect_rtcp)
UNHEARD_SRTP(srtp_unprotect_rtcp)

unsigned char *HMAC(const EVP_MD *digest, const void *key, int key_size,
                    const unsigned char *data, size_t size, unsigned char *ret_hmac,
                    unsigned *ret_size)
{
    static unsigned char *(*call)(const EVP_MD *, const void *, int, const unsigned char *,
                                  size_t, unsigned char *, unsigned *);
    if (!call)
        *(void **)&call = real("HMAC");
    unheard++;
    unsigned char *hmac = call(digest, key, key_size, data, size, ret_hmac, ret_size);
    unheard--;
    return hmac;
}

static void start(void)
{
    taken = entered = 0;
    counting = true;
}

static void nothing_was_taken(long at_least)
{
    counting = false;
    assert_true(entered >= at_least);
    assert_int_equal(taken, 0);
}

/* ---- the core ---- */

static void nothing_is_allocated_for_feedback_repeats_and_key_frames(void **state)
{
    (void)state;
    struct world *w = world_new(4);
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    world_send_audio(w, 0);
    uint32_t ssrc = receiver->answer.receives[1].ssrc;
    for (unsigned round = 0; round < 200; round++) {
        if (round == 10) /* streams are learned, the first reports are out */
            start();
        world_send_audio(w, 0);
        world_send_video(w, 0, round % 20 == 0,
                         round % 7 == 3); /* the relay asks for the lost */
        uint16_t sequence = world_last(receiver)->header.sequence;
        uint8_t buffer[600];
        struct tl_writer writer = tl_writer(buffer, sizeof buffer);
        struct tl_rtcp_report report = { .ssrc = ssrc,
                                         .highest_sequence = sequence,
                                         .lost = (int32_t)round };
        tl_rtcp_write_receiver_report(&writer, 1, &report, 1);
        tl_rtcp_write_nack(&writer, 1, ssrc, &sequence, 1);
        tl_rtcp_write_pli(&writer, 1, ssrc);
        world_send_rtcp(w, 1, &writer);
        if (round % 50 == 0) {
            world_send_stun(w, &w->peers[0], true, NULL);
            world_send_stun(w, receiver, true, NULL);
        }
        world_pass(w, 30 * TL_MILLISECOND_US);
    }
    nothing_was_taken(1000);
    assert_true(tl_relay_counter(w->relay, TL_RELAY_RETRANSMITTED) > 10);
    assert_true(tl_relay_counter(w->relay, TL_RELAY_PLI_SENT) > 3);
    assert_true(w->peers[0].nack_sequences > 3);
    assert_true(w->statistics > 5);
    world_free(w);
}

static void nothing_is_allocated_while_layers_change_and_pictures_are_paced(void **state)
{
    (void)state;
    static const double kbps[] = { 3000, 250, 60, 3000 };
    struct scene *scene = set_up(3000);
    watch(scene, 720, false);
    run(scene, 3);
    start();
    for (size_t i = 0; i < TL_COUNT_OF(kbps); i++) {
        scene->down.kbps = kbps[i];
        run(scene, 8);
    }
    nothing_was_taken(10000);
    const struct tl_relay *relay = scene->world->relay;
    assert_true(tl_relay_counter(relay, TL_RELAY_PACED) > 100);
    assert_true(tl_relay_counter(relay, TL_RELAY_NOT_CHOSEN) > 100);
    tear_down(scene);
}

static void nothing_is_allocated_when_a_path_changes(void **state)
{
    (void)state;
    struct world *w = world_new(4);
    struct world_peer *mover = world_join(w, 0, room, 0);
    world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    world_pass(w, TL_SECOND_US);
    start();
    for (unsigned i = 0; i < 40; i++) {
        mover->address = tl_address_ipv4(203, 0, 113, (uint8_t)i, 4000);
        world_send_stun(w, mover, true, NULL);
        world_send_stun(w, &w->peers[1], true, NULL);
        world_send_audio(w, 0);
        world_pass(w, 200 * TL_MILLISECOND_US);
    }
    nothing_was_taken(500);
    assert_true(w->peers[1].got_count >= 41);
    world_free(w);
}

/* ---- connections ---- */

static unsigned frames;

static void take_frame(void *context, const struct tl_address *from, uint8_t *data, size_t size)
{
    (void)data;
    *(struct tl_address *)context = *from;
    frames += size > 0;
}

static bool everybody_is_known(void *context, const struct tl_address *address)
{
    (void)context, (void)address;
    return true;
}

static void nothing_is_allocated_for_frames_over_tcp(void **state)
{
    (void)state;
    struct tl_address bind_to, from = { .port = 0 };
    struct tl_streams *streams = NULL;
    const struct tl_streams_user user = { &from, take_frame, everybody_is_known };
    assert_int_equal(tl_address_read(TL_TEXT("127.0.0.1"), 0, &bind_to), TL_OK);
    assert_int_equal(tl_streams_new(&bind_to, &user, &streams), TL_OK);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(tl_streams_port(streams)),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    static const uint8_t stun[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42 };
    static uint8_t frame[2 + 1200], back[4096];
    size_t size;
    for (unsigned i = 0; i < 500; i++) {
        struct pollfd waiting = { .fd = tl_streams_fd(streams), .events = POLLIN };
        struct tl_bytes content = i ? tl_bytes(back, 1200) : tl_bytes(stun, sizeof stun);
        back[0] = 0x80;
        assert_int_equal(tl_frame_write(content, frame, sizeof frame, &size), TL_OK);
        assert_int_equal(send(fd, frame, size, 0), size);
        if (i == 5)
            start();
        unsigned seen = frames;
        while (frames == seen) {
            assert_int_equal(poll(&waiting, 1, 5000), 1);
            begin_counting();
            tl_streams_serve(streams, i);
            end_counting();
        }
        begin_counting();
        tl_streams_send(streams, &from, tl_bytes(frame, 1000), i % 2);
        tl_streams_flush(streams);
        tl_streams_tick(streams, i);
        end_counting();
        for (size_t got = 0; got < 1002;) {
            ssize_t more = recv(fd, back, sizeof back, 0);
            assert_true(more > 0);
            got += (size_t)more;
        }
    }
    nothing_was_taken(500);
    assert_int_equal(frames, 500);
    close(fd);
    tl_streams_free(streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated_for_feedback_repeats_and_key_frames),
        cmocka_unit_test(nothing_is_allocated_while_layers_change_and_pictures_are_paced),
        cmocka_unit_test(nothing_is_allocated_when_a_path_changes),
        cmocka_unit_test(nothing_is_allocated_for_frames_over_tcp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
