/* SHA-256, by libmd. */
#include <sha2.h>

#include "base/hash.h"

_Static_assert(WCL__SHA256_HEX == SHA256_DIGEST_STRING_LENGTH, "64 digits and a NUL");

void wcl__sha256(const void *data, size_t bytes, char hex[WCL__SHA256_HEX])
{
    SHA256Data(data, bytes, hex);
}
