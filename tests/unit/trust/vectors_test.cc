// Test vectors of signed documents, made from seeds; the files under conformance/vectors/trust are
// what the code makes. With TOMBOLO_WRITE_VECTORS=1 the files are written instead.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "gateway/base/text.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"
#include "tests/unit/trust/json_document.h"

namespace tombolo::trust {
namespace {

namespace fs = std::filesystem;
const fs::path kFolder = fs::path(TOMBOLO_SOURCE_DIR) / "conformance/vectors/trust";

json::object KeysOf(const v1::SignedDocument& document, const v1::RoleKeys& role) {
  json::array signatures, keys;
  for (const v1::DocumentSignature& one : document.signatures()) {
    signatures.push_back(json::object{{"key_id", ToHex(one.key_id())},
                                      {"suite", one.suite()},
                                      {"signature", ToHex(one.signature())}});
  }
  for (const v1::PublicKey& key : role.keys()) {
    keys.push_back(json::object{{"suite", key.suite()}, {"spki", ToHex(key.spki())}});
  }
  return {{"kind", static_cast<int>(document.kind())},
          {"body", ToHex(document.body())},
          {"signatures", signatures},
          {"keys", keys},
          {"threshold", role.threshold()}};
}

class Vectors {
 public:
  Vectors() {
    const v1::SignedDocument root = Signed(SampleRoot());
    const v1::SignedDocument registry = Signed(SampleRegistry());
    const v1::SignedDocument timestamp = Signed(SampleTimestamp(registry));
    Add("valid-root", "", root, SampleRoot().root());
    Add("valid-registry", "", registry, SampleRoot().registry());
    Add("valid-timestamp", "", timestamp, SampleRoot().timestamp());
    Add("valid-stranger-signs-too", "", Signed(SampleRegistry(), {1, 11, 12}),
        SampleRoot().registry());
    AddSignatureDamages(registry);
    AddBodyDamages(registry);
  }
  std::map<std::string, json::object> all;

 private:
  void Add(const std::string& name, const std::string& damage, const v1::SignedDocument& document,
           const v1::RoleKeys& role) {
    json::object value{
        {"what", "document"}, {"suite", 1}, {"valid", damage.empty()}, {"damage", damage}};
    for (const auto& pair : KeysOf(document, role)) value[pair.key()] = pair.value();
    all["document-" + name + ".json"] = std::move(value);
  }
  void Damage(const std::string& damage, const v1::SignedDocument& document) {
    Add(damage, damage, document, SampleRoot().registry());
  }

  void AddSignatureDamages(const v1::SignedDocument& good) {
    v1::SignedDocument bad = good;
    bad.mutable_signatures()->RemoveLast();
    Damage("signature-missing", bad);
    bad = good;
    bad.mutable_signatures(0)->mutable_signature()->front() ^= 1;
    Damage("signature-changed", bad);
    bad = good;
    *bad.mutable_signatures(1) = good.signatures(0);
    Damage("signature-twice", bad);
    bad = good;
    bad.mutable_signatures()->SwapElements(0, 1);
    Damage("signatures-out-of-order", bad);
    bad = good;
    bad.mutable_signatures(0)->set_suite(2);
    Damage("suite-other", bad);
    bad = good;
    bad.set_kind(v1::POLICY);
    Damage("kind-other", bad);
    Damage("signed-by-another-role", Signed(SampleRegistry(), {1, 2}));
  }

  // Signed well, over a body that breaks its rules.
  void AddBodyDamages(const v1::SignedDocument& good) {
    const auto sign = [&](const std::string& damage, const std::string& body) {
      Damage(damage, Sign(v1::REGISTRY, body, {11, 12}));
    };
    sign("body-unknown-field", good.body() + std::string("\x78\x01", 2));
    sign("body-cut", good.body().substr(0, good.body().size() - 1));
    const auto change = [&](const std::string& damage,
                            const std::function<void(v1::Registry*)>& apply) {
      v1::Registry registry = SampleRegistry();
      apply(&registry);
      std::string body;
      registry.SerializeToString(&body);  // deterministic: the message has no map
      sign(damage, body);
    };
    change("members-out-of-order",
           [](v1::Registry* r) { r->mutable_members()->SwapElements(0, 1); });
    change("moment-without-zone", [](v1::Registry* r) { r->set_issued_at("2026-01-01T00:00:00"); });
    change("version-zero", [](v1::Registry* r) { r->clear_version(); });
    change("parent-unknown",
           [](v1::Registry* r) { r->mutable_members(1)->set_parent("spiffe://x/y"); });
    change("key-of-two-members", [](v1::Registry* r) {
      *r->mutable_members(1)->mutable_signing_keys(0) = r->members(0).signing_keys(0);
    });
    change("name-of-another-domain", [](v1::Registry* r) {
      r->mutable_members(0)->set_id("spiffe://another.example/xx");
      r->mutable_members(1)->clear_parent();
    });
  }
};

std::string FileText(const json::object& value) {
  std::string out = "{\n";
  for (const auto& pair : value) {
    out += out.size() > 2 ? ",\n  " : "  ";
    out += json::serialize(pair.key()) + ": " + json::serialize(pair.value());
  }
  return out + "\n}\n";
}

std::string Read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

Status Judge(const json::object& value) {
  const v1::SignedDocument document = DocumentOf(value);
  v1::RoleKeys role;
  for (const json::value& one : value.at("keys").as_array()) {
    v1::PublicKey* key = role.add_keys();
    key->set_suite(std::string(one.at("suite").as_string()));
    key->set_spki(Bytes(one.at("spki")));
  }
  role.set_threshold(value.at("threshold").to_number<uint32_t>());
  RETURN_IF_ERROR(CheckThreshold(document, role));
  if (document.kind() == v1::ROOT) return DecodeBody<v1::Root>(document.body()).status();
  if (document.kind() == v1::REGISTRY) return DecodeBody<v1::Registry>(document.body()).status();
  return DecodeBody<v1::Timestamp>(document.body()).status();
}

TEST(TrustVectors, FilesAreWhatTheCodeMakesAndBehaveAsTheySay) {
  const Vectors vectors;
  if (std::getenv("TOMBOLO_WRITE_VECTORS") != nullptr) {
    fs::create_directories(kFolder);
    for (const auto& [name, value] : vectors.all) {
      std::ofstream(kFolder / name) << FileText(value);
    }
  }
  int surplus = 0;
  for (const auto& [name, value] : vectors.all) {
    const std::string text = Read(kFolder / name);
    EXPECT_EQ(text, FileText(value)) << name;
    const json::object read = json::parse(text).as_object();
    const Status status = Judge(read);
    EXPECT_EQ(status.ok(), read.at("valid").as_bool()) << name << ": " << Describe(status);
    surplus += status.ok() ? -1 : 1;
  }
  EXPECT_GT(surplus, 0);
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    EXPECT_EQ(vectors.all.count(entry.path().filename().string()), 1u) << entry.path();
  }
}

}  // namespace
}  // namespace tombolo::trust
