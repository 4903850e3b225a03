// Making keys, signing requests, certificates and revocation lists for a federation without an
// authority of its own. The profile is that of certs/README.md; trust/certificate.h checks it.
//
// Keys are made in their folder with mode 0600 and never copied, printed or overwritten.
// Ownership: results own their bytes. Thread-safety: one thread. Errors: ALREADY_EXISTS,
// INVALID_ARGUMENT (name, days, request that breaks the profile), those of key_file.h; INTERNAL if
// libcrypto fails.
#ifndef TOMBOLO_GATEWAY_OS_PKI_H_
#define TOMBOLO_GATEWAY_OS_PKI_H_

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/seams.h"

namespace tombolo::os {

// A folder: key.pem, cert.pem; of an authority also serial, issued (a line each), crl.pem.
struct AuthorityRequest {
  std::string folder, name, trust_domain;
  int days = 0;
};
Status MakeRoot(const AuthorityRequest& request, Clock* clock, Entropy* entropy);
Status MakeIntermediate(const AuthorityRequest& request, const std::string& root_folder,
                        Clock* clock, Entropy* entropy);

// A node's key and a PKCS#10 request (RFC 2986) with its SPIFFE ID; reuses the key if `renew`.
StatusOr<std::string> MakeNodeRequest(const std::string& folder, const std::string& spiffe_id,
                                      bool renew);
// The chain (PEM, node first) for a request, signed by the authority in `authority_folder`.
StatusOr<std::string> SignNodeRequest(const std::string& authority_folder,
                                      const std::string& request_pem, int days, Clock* clock,
                                      Entropy* entropy);
// Adds a serial to the authority's list and writes crl.pem with the next number; an empty serial
// only renews it.
Status Revoke(const std::string& authority_folder, const std::string& serial, int days,
              Clock* clock);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_PKI_H_
