#include "sign_in/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum { TOKEN = 1000, LOOKS = 16 };

/* Wider than what the lock-out lets through within its quarter of an hour. */
static const struct {
    const char *word;
    int64_t burst, per_1000_s;
} kinds[TL_ATTEMPTS_KINDS] = {
    [TL_ATTEMPTS_LOGIN] = { "login", 12, 17 },        /* one a minute */
    [TL_ATTEMPTS_ADDRESS] = { "address", 100, 1000 }, /* a hospital behind one */
    [TL_ATTEMPTS_DEVICE] = { "device", 12, 17 },
};

struct bucket {
    uint64_t key; /* 0: free */
    enum tl_attempts_kind kind;
    int64_t thousandths; /* of a try */
    tl_time_us seen, refused_since;
    uint64_t refused; /* not told yet */
};

struct tl_attempts {
    uint64_t secret, refused[TL_ATTEMPTS_KINDS], others;
    tl_time_us others_since, told_at;
    unsigned told; /* since told_at */
    size_t at;     /* where telling goes on */
    struct bucket buckets[TL_ATTEMPTS_KINDS][TL_ATTEMPTS_BUCKETS];
};

const char *tl_attempts_word(enum tl_attempts_kind kind)
{
    return kinds[kind].word;
}

struct tl_attempts *tl_attempts_new(uint64_t secret)
{
    struct tl_attempts *attempts = calloc(1, sizeof *attempts);
    if (attempts)
        attempts->secret = secret;
    return attempts;
}

struct tl_attempts *tl_attempts_free(struct tl_attempts *attempts)
{
    free(attempts);
    return NULL;
}

static uint64_t key_of(struct tl_bytes text)
{
    uint8_t digest[32];
    tl_sha256(text, digest);
    struct tl_reader r = tl_reader(tl_bytes(digest, sizeof digest));
    uint64_t key = tl_read_u64(&r);
    return key ? key : 1;
}

static uint64_t mix(uint64_t x) /* splitmix64's finisher */
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* What a bucket had to tell is not lost with it. */
static void keep_count(struct tl_attempts *attempts, const struct bucket *bucket)
{
    if (!bucket->refused)
        return;
    if (!attempts->others)
        attempts->others_since = bucket->refused_since;
    attempts->others += bucket->refused;
}

/* A kind has a part of the table to itself: however many logins are made up, no address is forgotten. */
static struct bucket *slot(struct tl_attempts *attempts, enum tl_attempts_kind kind,
                           uint64_t key, uint64_t look)
{
    uint64_t first = mix(key ^ attempts->secret);
    return &attempts->buckets[kind][(first + look) % TL_ATTEMPTS_BUCKETS];
}

/* Its own bucket, or a free one, or the one whose loss is least: the fullest, then the oldest. */
static struct bucket *find(struct tl_attempts *attempts, enum tl_attempts_kind kind,
                           uint64_t key, tl_time_us now)
{
    struct bucket *least = NULL;
    for (uint64_t i = 0; i < LOOKS; i++) {
        struct bucket *bucket = slot(attempts, kind, key, i);
        if (bucket->key == key)
            return bucket;
        if (!least ||
            (least->key &&
             (!bucket->key || bucket->thousandths > least->thousandths ||
              (bucket->thousandths == least->thousandths && bucket->seen < least->seen))))
            least = bucket;
    }
    keep_count(attempts, least);
    *least = (struct bucket){
        .key = key, .kind = kind, .thousandths = kinds[kind].burst * TOKEN, .seen = now
    };
    return least;
}

static void refill(struct bucket *bucket, tl_time_us now)
{
    int64_t most = kinds[bucket->kind].burst * TOKEN;
    int64_t elapsed_s = (now - bucket->seen) / TL_SECOND_US;
    if (elapsed_s <= 0)
        return;
    bool full = elapsed_s > most / kinds[bucket->kind].per_1000_s;
    int64_t had =
        bucket->thousandths + (full ? most : elapsed_s * kinds[bucket->kind].per_1000_s);
    bucket->thousandths = had < most ? had : most;
    bucket->seen += elapsed_s * TL_SECOND_US;
}

bool tl_attempts_take(struct tl_attempts *attempts, const struct tl_attempts_try *tried,
                      tl_time_us now, enum tl_attempts_kind *ret_kind, int *ret_wait_s)
{
    uint64_t keys[TL_ATTEMPTS_KINDS];
    for (unsigned kind = 0; kind < TL_ATTEMPTS_KINDS; kind++) {
        if (!tried->keys[kind].data)
            continue;
        keys[kind] = key_of(tried->keys[kind]);
        struct bucket *bucket = find(attempts, (enum tl_attempts_kind)kind, keys[kind], now);
        refill(bucket, now);
        if (bucket->thousandths >= TOKEN)
            continue;
        if (!bucket->refused)
            bucket->refused_since = now;
        bucket->refused++;
        attempts->refused[kind]++;
        *ret_kind = (enum tl_attempts_kind)kind;
        *ret_wait_s = (int)(1 + (TOKEN - bucket->thousandths) / kinds[kind].per_1000_s);
        return false;
    }
    for (unsigned kind = 0; kind < TL_ATTEMPTS_KINDS; kind++)
        if (tried->keys[kind].data)
            find(attempts, (enum tl_attempts_kind)kind, keys[kind], now)->thousandths -= TOKEN;
    return true;
}

void tl_attempts_give_back(struct tl_attempts *attempts, const struct tl_attempts_try *tried)
{
    for (unsigned kind = 0; kind < TL_ATTEMPTS_KINDS; kind++) {
        if (!tried->keys[kind].data)
            continue;
        uint64_t key = key_of(tried->keys[kind]);
        for (uint64_t i = 0; i < LOOKS; i++) {
            struct bucket *bucket = slot(attempts, (enum tl_attempts_kind)kind, key, i);
            if (bucket->key == key && bucket->thousandths < kinds[kind].burst * TOKEN)
                bucket->thousandths += TOKEN;
        }
    }
}

static bool tell(struct bucket *bucket, struct tl_attempts_flood *ret_flood)
{
    *ret_flood = (struct tl_attempts_flood){ .kind = bucket->kind,
                                             .key = bucket->key,
                                             .refused = bucket->refused,
                                             .since = bucket->refused_since };
    bucket->refused = 0;
    return true;
}

bool tl_attempts_next_flood(struct tl_attempts *attempts, tl_time_us now,
                            struct tl_attempts_flood *ret_flood)
{
    const tl_time_us wait = TL_ATTEMPTS_TELL_S * (tl_time_us)TL_SECOND_US;
    if (now - attempts->told_at >= wait) {
        attempts->told_at = now;
        attempts->told = 0;
        attempts->at = 0;
    }
    for (; attempts->at < TL_ATTEMPTS_KINDS * TL_ATTEMPTS_BUCKETS; attempts->at++) {
        struct bucket *bucket = &attempts->buckets[attempts->at / TL_ATTEMPTS_BUCKETS]
                                                  [attempts->at % TL_ATTEMPTS_BUCKETS];
        if (!bucket->refused || now - bucket->refused_since < wait)
            continue;
        if (attempts->told < TL_ATTEMPTS_TOLD) {
            attempts->told++;
            return tell(bucket, ret_flood);
        }
        keep_count(attempts, bucket);
        bucket->refused = 0;
    }
    if (!attempts->others || now - attempts->others_since < wait)
        return false;
    *ret_flood = (struct tl_attempts_flood){ .kind = TL_ATTEMPTS_KINDS,
                                             .refused = attempts->others,
                                             .since = attempts->others_since };
    attempts->others = 0;
    return true;
}

uint64_t tl_attempts_refused(const struct tl_attempts *attempts, enum tl_attempts_kind kind)
{
    return attempts->refused[kind];
}
