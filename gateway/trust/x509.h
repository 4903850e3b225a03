// What the files of this folder share over libcrypto's X.509: owners, and reading without surprise.
//
// Private to the folder. Ownership: the pointers own. Thread-safety: pure; the thread's queue of
// libcrypto errors is left empty. Errors: PEER_CERT_FORM, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_TRUST_X509_H_
#define TOMBOLO_GATEWAY_TRUST_X509_H_

#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/freed.h"

namespace tombolo::trust {

using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

Status BadForm(std::string_view what);

// One certificate; nothing may follow it.
StatusOr<X509Ptr> ParseCertificate(std::string_view der);
// The certificate that `der` begins with; how long it is goes to `*size`.
StatusOr<X509Ptr> ParseFirstCertificate(std::string_view der, size_t* size);

std::string SpkiOf(X509* certificate);
std::string KeyIdOf(X509* certificate);  // SHA-256 of it
std::optional<int64_t> MomentOf(const ASN1_TIME* time);
// Hash and key of a signature by number are ones that the profile allows.
bool SignatureFits(int hash_nid, int key_nid);
// The only URI among the names; empty if there is none or more than one.
std::string OnlyUri(X509* certificate);

}  // namespace tombolo::trust

#endif  // TOMBOLO_GATEWAY_TRUST_X509_H_
