// Receipts: the subscriber's signature for what it has stored, for many streams at once.
//
// Bytes: docs/formats/receipt.md. Ownership: results own their bytes. Thread-safety: pure, but for
// the Signer given. Errors: NOT_CANONICAL, SCHEMA_UNSUPPORTED, SIGNATURE_INVALID, DIGEST_MISMATCH,
// LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_RECEIPT_H_
#define TOMBOLO_GATEWAY_EXCHANGE_RECEIPT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/ledger/signer.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::exchange {

struct ReceiptBody {
  v1::Suite suite = v1::SUITE_UNSPECIFIED;
  std::string subscriber, publisher;  // SPIFFE IDs
  uint64_t number = 0;                // from 1, plus 1 with each receipt to this publisher
  int64_t time_us = 0;                // by the subscriber's clock
  std::string key_id;                 // of the signer
  uint64_t registry_version = 0;      // active when it was signed
  uint64_t policy_version = 0;        // of the publisher's policy that is active at the subscriber
  std::string items_digest;           // over the items
};
StatusOr<std::string> EncodeReceiptBody(const ReceiptBody& body);
StatusOr<ReceiptBody> DecodeReceiptBody(std::string_view bytes);

// Items by ascending stream_id, none twice. Fills in suite, key id and digest. LIMIT_EXCEEDED for
// more items than one receipt may have, or than fit its frame: make two.
StatusOr<v1::Receipt> SignReceipt(ReceiptBody body, std::vector<v1::ReceiptItem> items,
                                  ledger::Signer* signer);
// Checks everything but what the numbers mean.
StatusOr<ReceiptBody> VerifyReceipt(const v1::Receipt& receipt, const ledger::Verifier& verifier);

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_RECEIPT_H_
