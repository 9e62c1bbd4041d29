/* What the relay needs from its libraries works behind its sandbox, and what it does not is
 * refused. Each trial is a process of its own: a sandbox is never left again. */
#include "testing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sandbox_roles.h"
#include "child.h"
#include "media/dtls.h"
#include "media/srtp.h"

typedef bool trial(void);

static struct tl_dtls_identity *ours, *theirs;

static bool in_the_sandbox(trial *run)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool good = tl_dtls_identity_new(&ours) == TL_OK &&
                    tl_dtls_identity_new(&theirs) == TL_OK && tl_srtp_warm_up() == TL_OK &&
                    tl_sandbox_enter_role(TL_SANDBOX_RELAY, NULL, NULL) == TL_OK && run();
        _exit(good ? 0 : 1);
    }
    int status = 0;
    assert_true(tl_test_child_ended(child, TL_TEST_CHILD_MS, &status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool srtp_of_every_profile(void)
{
    static const enum tl_srtp_profile profiles[] = { TL_SRTP_AEAD_AES_128_GCM,
                                                     TL_SRTP_AEAD_AES_256_GCM,
                                                     TL_SRTP_AES128_CM_SHA1_80 };
    /* twice over: the last session of a profile going must not take its cipher along */
    for (unsigned i = 0; i < 2 * TL_COUNT_OF(profiles); i++) {
        struct tl_srtp_keys keys = { .profile = profiles[i % TL_COUNT_OF(profiles)] };
        struct tl_srtp *srtp = NULL;
        uint8_t packet[64] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 'x' };
        size_t size = 13;
        if (tl_srtp_new(&keys, &srtp) || tl_srtp_add_sender(srtp, 1) ||
            tl_srtp_seal_rtp(srtp, packet, sizeof packet, &size) ||
            tl_srtp_open_rtp(srtp, packet, &size))
            return false;
        tl_srtp_free(srtp);
    }
    return true;
}

static bool pass(struct tl_dtls *from, struct tl_dtls *to)
{
    struct tl_bytes datagram;
    bool any = false;
    while (tl_dtls_next_output(from, &datagram)) {
        uint8_t copy[2000];
        memcpy(copy, datagram.data, datagram.size);
        tl_dtls_input(to, tl_bytes(copy, datagram.size));
        any = true;
    }
    return any;
}

static bool a_handshake(void)
{
    uint8_t a[TL_DTLS_FINGERPRINT_SIZE], b[TL_DTLS_FINGERPRINT_SIZE];
    struct tl_dtls *server = NULL, *client = NULL;
    if (tl_dtls_fingerprint_read(tl_text(tl_dtls_identity_fingerprint(ours)), a) ||
        tl_dtls_fingerprint_read(tl_text(tl_dtls_identity_fingerprint(theirs)), b) ||
        tl_dtls_new(ours, TL_DTLS_SERVER, b, &server) ||
        tl_dtls_new(theirs, TL_DTLS_CLIENT, a, &client))
        return false;
    tl_dtls_start(client);
    while (pass(client, server) | pass(server, client))
        ;
    return tl_dtls_state(server) == TL_DTLS_CONNECTED &&
           tl_dtls_state(client) == TL_DTLS_CONNECTED;
}

static bool a_file_or_a_connection(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 &&
           socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0;
}

static void srtp_of_every_profile_works_behind_the_sandbox(void **state)
{
    (void)state;
    assert_true(in_the_sandbox(srtp_of_every_profile));
}

static void a_handshake_works_behind_the_sandbox(void **state)
{
    (void)state;
    assert_true(in_the_sandbox(a_handshake));
}

static void files_and_new_connections_are_refused_behind_it(void **state)
{
    (void)state;
    assert_true(in_the_sandbox(a_file_or_a_connection));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(srtp_of_every_profile_works_behind_the_sandbox),
        cmocka_unit_test(a_handshake_works_behind_the_sandbox),
        cmocka_unit_test(files_and_new_connections_are_refused_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
