/* SHA-256. */
#ifndef WCL_BASE_HASH_H
#define WCL_BASE_HASH_H

#include "base/base.h"

/* As 64 hexadecimal digits and a NUL */
#define WCL__SHA256_HEX 65
void wcl__sha256(const void *data, size_t bytes, char hex[WCL__SHA256_HEX]);

#endif
