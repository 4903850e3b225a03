// Canonical protobuf bytes: the one encoding that the ledger accepts of a message.
//
// Rules (docs/formats/record.md): fields in ascending order of their numbers, each singular field
// once, numbers in their shortest form, fields of implicit presence left out at their default,
// repeated numbers packed, no unknown fields, text in UTF-8. They are what libprotobuf writes, so
// the check is: parse, write again, compare.
// Ownership: results own their bytes. Thread-safety: pure. Errors: NOT_CANONICAL.
#ifndef TOMBOLO_GATEWAY_LEDGER_CANONICAL_H_
#define TOMBOLO_GATEWAY_LEDGER_CANONICAL_H_

#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "google/protobuf/message_lite.h"

namespace tombolo::ledger {

std::string CanonicalBytes(const google::protobuf::MessageLite& message);

// Parses `bytes` into `*message`; `what` names the message in the error.
Status ParseCanonical(std::string_view what, std::string_view bytes,
                      google::protobuf::MessageLite* message);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_CANONICAL_H_
