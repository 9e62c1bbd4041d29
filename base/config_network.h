/* What the table of keys cannot say by a range: addresses, and ports that follow from others.
 * Private to this folder. */
#ifndef TL_BASE_CONFIG_NETWORK_H
#define TL_BASE_CONFIG_NETWORK_H

#include "base/bytes.h"
#include "base/config.h"

enum { TL_CONFIG_ADDRESSES_LIMIT = 8 }; /* a relay tells clients no more */

/* An IPv4 or IPv6 address in numbers: a name would be looked up at a moment nobody chose. */
bool tl_config_is_address(struct tl_text text);
/* Between commas, and none that is nobody's (0.0.0.0, ::) or a group's. */
bool tl_config_are_public_addresses(struct tl_text list);
/* False, and says why: a relay's port would be past 65535, or a port is wanted twice. */
bool tl_config_ports_fit(const struct tl_config *config, char *why, size_t size);
/* False, and says why: the issuer of Pro Santé Connect is no https address, or comes without what we
 * are to it. */
bool tl_config_provider_fits(const struct tl_config *config, char *why, size_t size);

#endif
