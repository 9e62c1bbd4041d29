#ifndef TL_CLIENT_SELFTEST_H
#define TL_CLIENT_SELFTEST_H

/* The ten-second proof (README.md): prints what it does; 0 only if all held. ca may be NULL. */
int tl_selftest(const char *url, const char *ca, const char *demo);

#endif
