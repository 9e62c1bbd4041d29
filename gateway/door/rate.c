#include "rate.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/memory.h"

enum { TOKEN = 1000000, LOOKS = 16 };

static const struct {
    int64_t burst, in_1000_s;
} classes[TL_RATE_CLASS_COUNT] = {
    [TL_RATE_PAGES] = { 600, 100000 },
    [TL_RATE_CALLS] = { 300, 50000 },
    [TL_RATE_SECRETS] = { 60, 2000 },
    [TL_RATE_PROBES] = { 15, 100 },
    /* api tells the true from the false by a mark, at a fraction of a millisecond each. */
    [TL_RATE_DEVICES] = { 120, 60000 },
};

void tl_rates_init(struct tl_rates *rates, uint64_t secret)
{
    memset(rates, 0, sizeof *rates);
    rates->secret = secret;
}

enum tl_error tl_rate_key_read(const char *address, struct tl_rate_key *ret_key)
{
    uint8_t bytes[16] = { [10] = 0xff, [11] = 0xff }; /* RFC 4291 section 2.5.5.2 */
    if (inet_pton(AF_INET, address, bytes + 12) != 1 &&
        inet_pton(AF_INET6, address, bytes) != 1)
        return TL_ERROR_FORMAT;
    struct tl_reader r = tl_reader(tl_bytes(bytes, sizeof bytes));
    struct tl_rate_key key = { .high = tl_read_u64(&r) };
    key.low = tl_read_u64(&r);
    if (key.high)
        key.low = 0;
    *ret_key = key;
    return TL_OK;
}

static uint64_t mix(uint64_t x) /* splitmix64's finisher */
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static bool same(const struct tl_rate_bucket *bucket, struct tl_rate_key key)
{
    return bucket->used && bucket->key.high == key.high && bucket->key.low == key.low;
}

/* The address' own bucket, or a free one, or the one idle for longest among those it may have.
 * NULL when every one of them holds connections. */
static struct tl_rate_bucket *find(struct tl_rates *rates, struct tl_rate_key key,
                                   tl_time_us now)
{
    uint64_t first = mix(mix(key.high ^ rates->secret) ^ key.low);
    struct tl_rate_bucket *oldest = NULL;
    for (uint64_t i = 0; i < LOOKS; i++) {
        struct tl_rate_bucket *bucket = &rates->buckets[(first + i) % TL_RATE_ADDRESSES_LIMIT];
        if (same(bucket, key))
            return bucket;
        if (bucket->connections == 0 &&
            (!oldest || (oldest->used && (!bucket->used || bucket->seen < oldest->seen))))
            oldest = bucket;
    }
    if (!oldest)
        return NULL;
    *oldest = (struct tl_rate_bucket){ .key = key, .used = true, .seen = now };
    for (size_t i = 0; i < TL_RATE_CLASS_COUNT; i++)
        oldest->millionths[i] = classes[i].burst * TOKEN;
    return oldest;
}

static void refill(struct tl_rate_bucket *bucket, tl_time_us now)
{
    int64_t elapsed_ms = (now - bucket->seen) / TL_MILLISECOND_US;
    if (elapsed_ms <= 0)
        return;
    for (size_t i = 0; i < TL_RATE_CLASS_COUNT; i++) {
        int64_t most = classes[i].burst * TOKEN;
        int64_t room = most - bucket->millionths[i];
        bool full = elapsed_ms > room / classes[i].in_1000_s;
        bucket->millionths[i] =
            full ? most : bucket->millionths[i] + elapsed_ms * classes[i].in_1000_s;
    }
    bucket->seen += elapsed_ms * TL_MILLISECOND_US;
}

enum tl_error tl_rates_connected(struct tl_rates *rates, struct tl_rate_key key, tl_time_us now)
{
    if (rates->connections >= TL_RATE_ALL_CONNECTIONS_LIMIT)
        return TL_ERROR_LIMIT;
    struct tl_rate_bucket *bucket = find(rates, key, now);
    if (!bucket || bucket->connections >= TL_RATE_CONNECTIONS_LIMIT)
        return TL_ERROR_LIMIT;
    bucket->connections++;
    rates->connections++;
    return TL_OK;
}

void tl_rates_disconnected(struct tl_rates *rates, struct tl_rate_key key)
{
    /* It has a bucket: one that holds connections is never given away. */
    struct tl_rate_bucket *bucket = find(rates, key, 0);
    if (!bucket || !bucket->connections)
        return;
    bucket->connections--;
    rates->connections--;
}

enum tl_error tl_rates_take(struct tl_rates *rates, struct tl_rate_key key,
                            enum tl_rate_class class, tl_time_us now, unsigned *ret_wait_s)
{
    struct tl_rate_bucket *bucket = find(rates, key, now);
    if (!bucket) {
        *ret_wait_s = 1;
        return TL_ERROR_LIMIT;
    }
    refill(bucket, now);
    if (bucket->millionths[class] < TOKEN) {
        int64_t missing = TOKEN - bucket->millionths[class];
        *ret_wait_s = (unsigned)(1 + missing * 1000 / (classes[class].in_1000_s * TOKEN));
        return TL_ERROR_LIMIT;
    }
    bucket->millionths[class] -= TOKEN;
    return TL_OK;
}
