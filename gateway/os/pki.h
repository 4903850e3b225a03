// Making keys, signing requests, certificates and revocation lists for a federation without an
// authority of its own. The profile is that of certs/README.md; trust/certificate.h checks it.
//
// Keys are ECDSA P-256, made in their folder with mode 0600 and never copied, printed or
// overwritten. Ownership: results own their bytes. Thread-safety: one thread. Errors:
// ALREADY_EXISTS, NOT_FOUND (serial), INVALID_ARGUMENT (name, days, request that breaks the
// profile), those of key_file.h and system.h; INTERNAL if libcrypto fails.
#ifndef TOMBOLO_GATEWAY_OS_PKI_H_
#define TOMBOLO_GATEWAY_OS_PKI_H_

#include <string>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/seams.h"

namespace tombolo::os {

inline constexpr char kKeyPem[] = "key.pem";
inline constexpr char kCertificatePem[] = "cert.pem";
inline constexpr char kListPem[] = "crl.pem";

// A folder: key.pem, cert.pem; of an authority also issued and revoked (a line each), crl.pem.
struct AuthorityRequest {
  std::string folder, name, trust_domain;
  int days = 0;
};
Status MakeRoot(const AuthorityRequest& request, Clock* clock, Entropy* entropy);
Status MakeIntermediate(const AuthorityRequest& request, const std::string& root_folder,
                        Clock* clock, Entropy* entropy);

// A PKCS#10 request (RFC 2986, PEM) for the node's SPIFFE ID. Makes the node's key; `renew`: takes
// the one that is there.
StatusOr<std::string> MakeNodeRequest(const std::string& folder, const std::string& spiffe_id,
                                      bool renew);
// The chain (PEM, node first) for a request, signed by the authority in `authority_folder`.
StatusOr<std::string> SignNodeRequest(const std::string& authority_folder,
                                      const std::string& request_pem, int days, Clock* clock,
                                      Entropy* entropy);
// Adds a serial (hex) to the authority's list and writes crl.pem with the next number; an empty
// serial only renews it.
Status Revoke(const std::string& authority_folder, const std::string& serial, int days,
              Clock* clock);

// The certificates or lists of a PEM file, each as DER. `what`: CERTIFICATE or X509 CRL. Errors:
// INVALID_ARGUMENT if there is none or one is damaged.
StatusOr<std::vector<std::string>> DerOfPem(const std::string& pem, const std::string& what);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_PKI_H_
