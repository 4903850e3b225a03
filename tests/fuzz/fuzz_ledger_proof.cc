// A proof from outside, as protobuf bytes. Nothing can be signed by the key that is trusted here,
// so none may verify; without a trusted key it must only not crash.
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <cstdlib>
#include <optional>

#include "gateway/ledger/proof.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const google::protobuf::LogSilencer silencer;
  tombolo::v1::RecordProof proof;
  if (!proof.ParseFromArray(data, static_cast<int>(size))) return 0;
  static_cast<void>(tombolo::ledger::VerifyProof(proof, std::nullopt));
  if (tombolo::ledger::VerifyProof(proof, "a key that nobody has").ok()) std::abort();
  return 0;
}
