#include "seal/token.h"

#include <openssl/rand.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16, SLOTS_LIMIT = 64, PIN_LIMIT = 256 };

struct tl_token {
    CK_FUNCTION_LIST *module;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    bool initialized;
};

static const char context[] = "teleloire key-encryption key";

struct tl_token *tl_token_close(struct tl_token *token)
{
    if (!token)
        return NULL;
    if (token->initialized) {
        if (token->session)
            token->module->C_CloseSession(token->session);
        p11_kit_module_finalize(token->module);
    }
    if (token->module)
        p11_kit_module_release(token->module);
    free(token);
    return NULL;
}

static enum tl_error load(struct tl_token *token, P11KitUri *uri)
{
    const char *path = p11_kit_uri_get_module_path(uri);
    if (!path || !p11_kit_uri_get_pin_source(uri) || !p11_kit_uri_get_attribute(uri, CKA_LABEL))
        return TL_ERROR_FORMAT;
    token->module = p11_kit_module_load(path, 0);
    if (!token->module || p11_kit_module_initialize(token->module) != CKR_OK)
        return TL_ERROR_IO;
    token->initialized = true;
    return TL_OK;
}

/* The first slot whose token the address means. */
static enum tl_error open_session(struct tl_token *token, P11KitUri *uri, bool writes)
{
    CK_SLOT_ID slots[SLOTS_LIMIT];
    CK_ULONG count = SLOTS_LIMIT;
    CK_TOKEN_INFO info;
    CK_FLAGS flags = CKF_SERIAL_SESSION | (writes ? CKF_RW_SESSION : 0);
    if (token->module->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
        return TL_ERROR_IO;
    for (CK_ULONG i = 0; i < count; i++)
        if (token->module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            p11_kit_uri_match_token_info(uri, &info) == 1)
            return token->module->C_OpenSession(slots[i], flags, NULL, NULL, &token->session) ==
                           CKR_OK
                       ? TL_OK
                       : TL_ERROR_IO;
    return TL_ERROR_MISSING;
}

static enum tl_error log_in(struct tl_token *token, P11KitUri *uri)
{
    const char *path = p11_kit_uri_get_pin_source(uri);
    char *pin = NULL;
    size_t size = 0;
    if (strncmp(path, "file:", 5) == 0)
        path += 5;
    if (tl_file_read(path, PIN_LIMIT, &pin, &size))
        return TL_ERROR_IO;
    CK_RV said = token->module->C_Login(token->session, CKU_USER, (CK_UTF8CHAR_PTR)pin,
                                        strcspn(pin, "\r\n"));
    tl_secret_wipe(pin, size);
    free(pin);
    return said == CKR_OK || said == CKR_USER_ALREADY_LOGGED_IN ? TL_OK : TL_ERROR_AUTH;
}

static enum tl_error find_key(struct tl_token *token, P11KitUri *uri)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof class },
                              *p11_kit_uri_get_attribute(uri, CKA_LABEL) };
    CK_ULONG count = 0;
    if (token->module->C_FindObjectsInit(token->session, wanted, TL_COUNT_OF(wanted)) != CKR_OK)
        return TL_ERROR_IO;
    CK_RV said = token->module->C_FindObjects(token->session, &token->key, 1, &count);
    token->module->C_FindObjectsFinal(token->session);
    if (said != CKR_OK)
        return TL_ERROR_IO;
    return count ? TL_OK : TL_ERROR_MISSING;
}

static enum tl_error make_key(struct tl_token *token, P11KitUri *uri)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = TL_SEAL_KEY_SIZE;
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE of[] = {
        { CKA_TOKEN, &yes, sizeof yes },       { CKA_PRIVATE, &yes, sizeof yes },
        { CKA_SENSITIVE, &yes, sizeof yes },   { CKA_EXTRACTABLE, &no, sizeof no },
        { CKA_ENCRYPT, &yes, sizeof yes },     { CKA_DECRYPT, &yes, sizeof yes },
        { CKA_VALUE_LEN, &size, sizeof size }, *p11_kit_uri_get_attribute(uri, CKA_LABEL),
    };
    return token->module->C_GenerateKey(token->session, &mechanism, of, TL_COUNT_OF(of),
                                        &token->key) == CKR_OK
               ? TL_OK
               : TL_ERROR_IO;
}

enum tl_error tl_token_open(const char *text, bool make, struct tl_token **ret_token)
{
    P11KitUri *uri = p11_kit_uri_new();
    struct tl_token *token = calloc(1, sizeof *token);
    enum tl_error error = uri && token ? TL_OK : TL_ERROR_MEMORY;
    if (!error &&
        p11_kit_uri_parse(text,
                          P11_KIT_URI_FOR_OBJECT_ON_TOKEN | P11_KIT_URI_FOR_MODULE_WITH_VERSION,
                          uri) != P11_KIT_URI_OK)
        error = TL_ERROR_FORMAT;
    if (!error)
        error = load(token, uri);
    if (!error)
        error = open_session(token, uri, make);
    if (!error)
        error = log_in(token, uri);
    if (!error) {
        error = find_key(token, uri);
        if (error == TL_ERROR_MISSING && make)
            error = make_key(token, uri);
    }
    p11_kit_uri_free(uri);
    if (error) {
        tl_token_close(token);
        return error;
    }
    *ret_token = token;
    return TL_OK;
}

/* nonce: of the caller, and stays his. */
static CK_GCM_PARAMS gcm(uint8_t nonce[NONCE_SIZE])
{
    return (CK_GCM_PARAMS){ .iv_ptr = nonce,
                            .iv_len = NONCE_SIZE,
                            .iv_bits = NONCE_SIZE * 8,
                            .aad_ptr = (unsigned char *)context,
                            .aad_len = sizeof context - 1,
                            .tag_bits = TAG_SIZE * 8 };
}

enum tl_error tl_token_wrap(struct tl_token *token, const uint8_t key[TL_SEAL_KEY_SIZE],
                            uint8_t ret_wrapped[TL_TOKEN_WRAPPED_SIZE])
{
    uint8_t plain[TL_SEAL_KEY_SIZE];
    CK_ULONG size = TL_SEAL_KEY_SIZE + TAG_SIZE;
    if (RAND_bytes(ret_wrapped, NONCE_SIZE) != 1)
        return TL_ERROR_CRYPTO;
    CK_GCM_PARAMS params = gcm(ret_wrapped);
    CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
    memcpy(plain, key, sizeof plain);
    bool done =
        token->module->C_EncryptInit(token->session, &mechanism, token->key) == CKR_OK &&
        token->module->C_Encrypt(token->session, plain, sizeof plain, ret_wrapped + NONCE_SIZE,
                                 &size) == CKR_OK &&
        size == TL_SEAL_KEY_SIZE + TAG_SIZE;
    tl_secret_wipe(plain, sizeof plain);
    return done ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_token_unwrap(struct tl_token *token,
                              const uint8_t wrapped[TL_TOKEN_WRAPPED_SIZE],
                              uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    uint8_t bytes[TL_TOKEN_WRAPPED_SIZE], plain[TL_TOKEN_WRAPPED_SIZE];
    CK_ULONG size = sizeof plain;
    memcpy(bytes, wrapped, sizeof bytes);
    CK_GCM_PARAMS params = gcm(bytes);
    CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
    bool done =
        token->module->C_DecryptInit(token->session, &mechanism, token->key) == CKR_OK &&
        token->module->C_Decrypt(token->session, bytes + NONCE_SIZE, sizeof bytes - NONCE_SIZE,
                                 plain, &size) == CKR_OK &&
        size == TL_SEAL_KEY_SIZE;
    if (done)
        memcpy(ret_key, plain, TL_SEAL_KEY_SIZE);
    tl_secret_wipe(plain, sizeof plain);
    return done ? TL_OK : TL_ERROR_AUTH;
}
