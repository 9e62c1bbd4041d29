/* Structures: what they have, and what the operator of the platform keeps of them. */
#ifndef TL_RECORDS_STRUCTURES_HANDLERS_H
#define TL_RECORDS_STRUCTURES_HANDLERS_H

#include "http/call.h"

void tl_get_equipment(struct tl_call *call);
void tl_post_equipment(struct tl_call *call);
void tl_patch_equipment(struct tl_call *call);

void tl_get_operator_structures(struct tl_call *call);
void tl_get_operator_structure(struct tl_call *call);
void tl_post_operator_structures(struct tl_call *call);
void tl_patch_operator_structure(struct tl_call *call);
void tl_post_operator_structure_close(struct tl_call *call);
void tl_post_operator_structure_manager(struct tl_call *call);
void tl_post_operator_sites(struct tl_call *call);
void tl_patch_operator_site(struct tl_call *call);
void tl_get_operator_health(struct tl_call *call);
void tl_get_operator_certificates(struct tl_call *call);

#endif
