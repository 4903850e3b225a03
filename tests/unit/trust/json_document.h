// Signed documents as the vectors' JSON has them: bytes in hex.
//
// Ownership: values. Thread-safety: pure. Errors: a vector of another form throws, and its test
// fails.
#ifndef TOMBOLO_TESTS_UNIT_TRUST_JSON_DOCUMENT_H_
#define TOMBOLO_TESTS_UNIT_TRUST_JSON_DOCUMENT_H_

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "gateway/base/text.h"
#include "tombolo/v1/registry.pb.h"

namespace tombolo::trust {

namespace json = boost::json;

inline std::string Bytes(const json::value& hex) { return *FromHex(std::string(hex.as_string())); }

inline v1::SignedDocument DocumentOf(const json::value& value) {
  v1::SignedDocument document;
  document.set_kind(static_cast<v1::DocumentKind>(value.at("kind").to_number<int>()));
  document.set_body(Bytes(value.at("body")));
  for (const json::value& one : value.at("signatures").as_array()) {
    v1::DocumentSignature* signature = document.add_signatures();
    signature->set_key_id(Bytes(one.at("key_id")));
    signature->set_suite(one.at("suite").to_number<uint32_t>());
    signature->set_signature(Bytes(one.at("signature")));
  }
  return document;
}

}  // namespace tombolo::trust

#endif  // TOMBOLO_TESTS_UNIT_TRUST_JSON_DOCUMENT_H_
