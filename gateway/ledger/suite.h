// The suites of algorithms, named by one byte in every format: docs/formats/README.md.
//
// Suite 1: SHA-256 and Ed25519 (RFC 8032). Suite 2: SHA-256 and ECDSA on P-256. Suite 3: SHA-384
// and ECDSA on P-384 (FIPS 186-4). Number 4 is kept for SM3 with SM2. Ownership: plain values.
// Thread-safety: pure. Errors: SCHEMA_UNSUPPORTED for a number or name that is not a known suite.
#ifndef TOMBOLO_GATEWAY_LEDGER_SUITE_H_
#define TOMBOLO_GATEWAY_LEDGER_SUITE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::ledger {

using Suite = v1::Suite;

StatusOr<Suite> SuiteFromNumber(uint32_t number);
// The names of the enum, e.g. "SHA256_ED25519".
StatusOr<Suite> SuiteFromName(std::string_view name);
std::string_view SuiteName(Suite suite);

// The suite must be a known one; an unknown one counts as SHA-256.
HashKind HashOf(Suite suite);
// Bytes of a digest: 32 or 48. Bytes of a layer's salt: half of it.
size_t HashBytes(Suite suite);
size_t SaltBytes(Suite suite);

// `bytes` as a digest, or std::nullopt if it does not have exactly the digest's size.
std::optional<Digest> DigestFrom(HashKind kind, std::string_view bytes);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_SUITE_H_
