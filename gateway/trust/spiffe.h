// Names of nodes: SPIFFE IDs, as the SPIFFE-ID standard (section 2) has them, a little narrower.
//
// spiffe://trust-domain/path, the path of 1 to kIdPartsMax parts of a-z A-Z 0-9 . _ -, none of them
// . or .., at most kOriginBytesMax bytes; docs/formats/registry.md. Ownership: plain values.
// Thread-safety: pure. Errors: INVALID_ARGUMENT naming the text and what is wrong with it.
#ifndef TOMBOLO_GATEWAY_TRUST_SPIFFE_H_
#define TOMBOLO_GATEWAY_TRUST_SPIFFE_H_

#include <string_view>

#include "gateway/base/error.h"

namespace tombolo::trust {

// 1 to 255 characters a-z 0-9 . -
Status CheckTrustDomain(std::string_view name);
// That `id` is a name in `trust_domain`.
Status CheckSpiffeId(std::string_view id, std::string_view trust_domain);

}  // namespace tombolo::trust

#endif  // TOMBOLO_GATEWAY_TRUST_SPIFFE_H_
