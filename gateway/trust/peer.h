// Who is at the other end of a connection: certificate chain + registry + moment -> member, or a
// refusal.
//
// A match is by public-key hash in the registry, never by name alone; the name must fit too. The
// same function answers the handshake, every reload on open sessions, and `tombolo check cert`.
// Ownership: results own their bytes. Thread-safety: pure. Errors: PEER_CERT_*, PEER_UNKNOWN,
// PEER_SUSPENDED, PEER_KEY_MISMATCH, CRL_MISSING, DOCUMENT_EXPIRED, TIMESTAMP_STALE.
#ifndef TOMBOLO_GATEWAY_TRUST_PEER_H_
#define TOMBOLO_GATEWAY_TRUST_PEER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/trust/federation.h"

namespace tombolo::trust {

struct PeerIdentity {
  std::string id;       // SPIFFE ID
  uint32_t member = 0;  // number in the federation that answered
  CertificateFacts certificate;
  std::vector<std::string> chain;  // as presented; judged anew when the federation changes
};

// `chain`: DER, the peer's own certificate first. Empty: PEER_CERT_MISSING. Freshness is judged
// last: DOCUMENT_EXPIRED and TIMESTAMP_STALE mean that all else held.
StatusOr<PeerIdentity> Identify(const Federation& federation, const std::vector<std::string>& chain,
                                int64_t now_us);

// One line of the answer of `tombolo check cert`: what was checked and how it came out.
struct CheckLine {
  std::string what;
  Status outcome;
};
// All checks in order, not only up to the first failure.
std::vector<CheckLine> ExplainPeer(const Federation& federation,
                                   const std::vector<std::string>& chain, int64_t now_us);

}  // namespace tombolo::trust

#endif  // TOMBOLO_GATEWAY_TRUST_PEER_H_
