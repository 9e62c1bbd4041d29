#ifndef TL_RECORDS_DIRECTORY_HANDLERS_H
#define TL_RECORDS_DIRECTORY_HANDLERS_H

#include "http/call.h"

void tl_get_directory(struct tl_call *call);
void tl_get_structures(struct tl_call *call);

#endif
