/* AES-GCM on OpenSSL against libsrtp: whatever comes, both say the same and leave the same bytes. Each
 * event is a kind (RTP or RTCP, opened as it stands or sealed and then opened), a length and a
 * packet. */
#include <stdlib.h>
#include <string.h>

#include "media/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 256, SIDES = 2 };

static struct tl_srtp *make(bool library, uint8_t local, uint8_t remote)
{
    struct tl_srtp_keys keys = { .profile = TL_SRTP_AEAD_AES_128_GCM, .library = library };
    struct tl_srtp *srtp = NULL;
    memset(keys.local, local, sizeof keys.local);
    memset(keys.remote, remote, sizeof keys.remote);
    if (tl_srtp_new(&keys, &srtp) || tl_srtp_add_sender(srtp, 0x01020304))
        abort();
    return srtp;
}

typedef enum tl_error opener(struct tl_srtp *, uint8_t *, size_t *);
typedef enum tl_error sealer(struct tl_srtp *, uint8_t *, size_t, size_t *);

static const struct kind {
    opener *open;
    sealer *seal;
} kinds[] = { { tl_srtp_open_rtp, tl_srtp_seal_rtp },
              { tl_srtp_open_rtcp, tl_srtp_seal_rtcp } };

static void open_both(const struct kind *kind, struct tl_srtp *const to[SIDES],
                      const uint8_t *packet, size_t size)
{
    uint8_t fast[ROOM], library[ROOM];
    size_t fast_size = size, library_size = size;
    memcpy(fast, packet, size);
    memcpy(library, packet, size);
    bool good = kind->open(to[0], fast, &fast_size) == TL_OK;
    if (good != (kind->open(to[1], library, &library_size) == TL_OK) ||
        (good && (fast_size != library_size || memcmp(fast, library, fast_size) != 0)))
        abort();
}

static void seal_both(const struct kind *kind, struct tl_srtp *const from[SIDES],
                      struct tl_srtp *const to[SIDES], const uint8_t *packet, size_t size)
{
    uint8_t fast[ROOM], library[ROOM];
    size_t fast_size = size, library_size = size;
    memcpy(fast, packet, size);
    memcpy(library, packet, size);
    bool good = kind->seal(from[0], fast, ROOM, &fast_size) == TL_OK;
    if (good != (kind->seal(from[1], library, ROOM, &library_size) == TL_OK))
        abort();
    if (!good)
        return;
    if (fast_size != library_size || memcmp(fast, library, fast_size) != 0)
        abort();
    open_both(kind, to, fast, fast_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_srtp *from[SIDES] = { make(false, 1, 2), make(true, 1, 2) };
    struct tl_srtp *to[SIDES] = { make(false, 2, 1), make(true, 2, 1) };
    while (size > 2) {
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        length = length > ROOM - TL_SRTP_OVERHEAD ? ROOM - TL_SRTP_OVERHEAD : length;
        const struct kind *kind = &kinds[data[0] >> 1 & 1];
        if (data[0] & 1)
            open_both(kind, to, data + 2, length);
        else
            seal_both(kind, from, to, data + 2, length);
        data += 2 + length;
        size -= 2 + length;
    }
    for (size_t i = 0; i < SIDES; i++) {
        tl_srtp_free(from[i]);
        tl_srtp_free(to[i]);
    }
    return 0;
}
