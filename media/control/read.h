#ifndef TL_MEDIA_CONTROL_READ_H
#define TL_MEDIA_CONTROL_READ_H

#include "base/json.h"
#include "media/relay.h"

/* 32 lower-case hexadecimal digits. */
void control_read_id(struct tl_fields *fields, const char *name, char ret_id[TL_RELAY_ID_SIZE]);
/* `remote` with a ufrag and a password and nothing else. */
void control_read_credentials(struct tl_fields *fields, char ret_ufrag[TL_ICE_UFRAG_LIMIT + 1]);
enum tl_source_name control_read_source(struct tl_fields *fields, const char *name);

#endif
