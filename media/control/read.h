#ifndef TL_MEDIA_CONTROL_READ_H
#define TL_MEDIA_CONTROL_READ_H

#include "base/json.h"
#include "media/relay.h"

/* 32 lower-case hexadecimal digits. */
void control_read_id(struct tl_fields *fields, const char *name, char ret_id[TL_RELAY_ID_SIZE]);
enum tl_source_name control_read_source(struct tl_fields *fields, const char *name);

#endif
