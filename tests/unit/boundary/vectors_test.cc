// The vectors under conformance/vectors/policy, which were made from the format pages by the
// independent verifier; conformance/vectors/README.md has their keys.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "gateway/base/text.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {
namespace {

namespace fs = std::filesystem;
using boost::json::object;

std::string TextOf(const boost::json::value& value) { return std::string(value.as_string()); }
std::string BytesOf(const boost::json::value& value) { return *FromHex(TextOf(value)); }

std::vector<CodeTerm> TermsOf(const object& codes) {
  std::vector<CodeTerm> out;
  for (const auto& pair : codes) out.push_back({std::string(pair.key()), TextOf(pair.value())});
  return out;
}

v1::SignedDocument DocumentOf(const object& value) {
  v1::SignedDocument out;
  out.set_kind(static_cast<v1::DocumentKind>(value.at("kind").to_number<int>()));
  out.set_body(BytesOf(value.at("body")));
  for (const auto& item : value.at("signatures").as_array()) {
    v1::DocumentSignature* signature = out.add_signatures();
    signature->set_key_id(BytesOf(item.at("key_id")));
    signature->set_suite(item.at("suite").to_number<uint32_t>());
    signature->set_signature(BytesOf(item.at("signature")));
  }
  return out;
}

StatusOr<std::shared_ptr<const CompiledPolicy>> CompileOf(const object& vector) {
  v1::Registry registry;
  if (!registry.ParseFromString(BytesOf(vector.at("registry")))) {
    return MakeError(Code::INVALID_ARGUMENT, "the vector's registry cannot be read");
  }
  std::vector<v1::SignedDocument> grants;
  for (const auto& grant : vector.at("grants").as_array()) {
    grants.push_back(DocumentOf(grant.as_object()));
  }
  const CodeLists codes = {TermsOf(vector.at("purposes").as_object()),
                           TermsOf(vector.at("legal_bases").as_object())};
  return CompiledPolicy::Compile(DocumentOf(vector.at("policy").as_object()), grants, codes,
                                 FederationOf(registry));
}

void CheckDecisions(const object& vector) {
  std::shared_ptr<const CompiledPolicy> policy;
  if (!vector.at("policy").is_null()) {
    ASSERT_OK_AND_ASSIGN(policy, CompileOf(vector));
  }
  for (const auto& asked : vector.at("questions").as_array()) {
    Question question;
    question.member = TextOf(asked.at("member"));
    question.purpose = TextOf(asked.at("purpose"));
    question.item = TextOf(asked.at("item"));
    question.sharing_class = static_cast<v1::SharingClass>(asked.at("class").to_number<int>());
    question.now_us = asked.at("now_us").to_number<int64_t>();
    const Decision decision = Ask(policy, question);
    EXPECT_EQ(decision.layers(), asked.at("layers").to_number<int>()) << asked;
    EXPECT_EQ(decision.onward(), asked.at("onward").to_number<int>()) << asked;
  }
}

void CheckVector(const object& vector) {
  const std::string what = TextOf(vector.at("what"));
  if (what == "terms") {
    EXPECT_EQ(WithinTerms(BytesOf(vector.at("header")), vector.at("layers").to_number<LayerMask>(),
                          vector.at("today").to_number<int32_t>()),
              vector.at("left").to_number<int>());
  } else if (what == "decision") {
    CheckDecisions(vector);
  } else if (vector.at("valid").as_bool()) {
    EXPECT_OK(CompileOf(vector));
  } else if (!vector.contains("code")) {
    EXPECT_FALSE(CompileOf(vector).ok());
  } else {
    EXPECT_CODE(*CodeFromName(TextOf(vector.at("code"))), CompileOf(vector));
  }
}

TEST(PolicyVectors, AllBehaveAsTheySay) {
  int count = 0;
  for (const auto& file :
       fs::directory_iterator(TOMBOLO_SOURCE_DIR "/conformance/vectors/policy")) {
    SCOPED_TRACE(file.path().filename());
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    CheckVector(boost::json::parse(text).as_object());
    ++count;
  }
  EXPECT_GE(count, 50);
}

}  // namespace
}  // namespace tombolo::boundary
