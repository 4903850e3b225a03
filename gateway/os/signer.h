// The node's signing key in a PKCS#8 PEM file (RFC 5958), and a ledger::Signer over it.
//
// Ownership: the signer owns the key. Thread-safety: one thread per signer.
// Errors: those of key_file.h; INVALID_ARGUMENT for a file that holds no key, an encrypted one, or
// one of another suite; SCHEMA_UNSUPPORTED for an unknown suite; INTERNAL if libcrypto fails.
#ifndef TOMBOLO_GATEWAY_OS_SIGNER_H_
#define TOMBOLO_GATEWAY_OS_SIGNER_H_

#include <memory>
#include <string>

#include "gateway/base/error.h"
#include "gateway/ledger/signer.h"
#include "gateway/ledger/suite.h"

namespace tombolo::os {

// Makes a fresh key and writes it to a new file of mode 0600. Never overwrites a key.
Status GenerateKeyFile(ledger::Suite suite, const std::string& path);

StatusOr<std::unique_ptr<ledger::Signer>> LoadSigner(ledger::Suite suite, const std::string& path);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_SIGNER_H_
