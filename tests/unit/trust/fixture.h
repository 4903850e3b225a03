// A federation of three members with all its keys, and the documents that its holders would sign.
//
// Ownership: values. Thread-safety: one thread. Errors: a broken fixture ends the program.
#ifndef TOMBOLO_TESTS_UNIT_TRUST_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_TRUST_FIXTURE_H_

#include <string>
#include <vector>

#include "gateway/trust/federation.h"
#include "tests/unit/trust/test_certificates.h"

namespace tombolo::trust {

inline constexpr char kCity[] = "spiffe://federation.example/xx/city";
inline constexpr char kProvince[] = "spiffe://federation.example/xx";
inline constexpr char kTown[] = "spiffe://federation.example/xx/town";

// Seeds of the holders' keys.
inline constexpr uint64_t kRootKeys[] = {1, 2, 3};
inline constexpr uint64_t kRegistryKeys[] = {11, 12, 13};
inline constexpr uint64_t kTimestampKey = 21;

using Seeds = std::vector<uint64_t>;
v1::RoleKeys Role(const Seeds& seeds, uint32_t threshold);

// Root: 2 of 3 for root and registry, 1 of 1 for the timestamp. Registry: province, city, town.
v1::Root SampleRoot(uint64_t version = 1);
v1::Member SampleMember(const std::string& id, v1::MemberLevel level, uint64_t seed);
v1::Registry SampleRegistry(uint64_t version = 1);
// Names `registry` and no lists.
v1::Timestamp SampleTimestamp(const v1::SignedDocument& registry, uint64_t version = 1);

v1::SignedDocument Sign(v1::DocumentKind kind, std::string body, const Seeds& seeds);
v1::SignedDocument Signed(const v1::Root& root, const Seeds& seeds = {1, 2});
v1::SignedDocument Signed(const v1::Registry& registry, const Seeds& seeds = {11, 12});
v1::SignedDocument Signed(const v1::Timestamp& timestamp, const Seeds& seeds = {21});
// A list with its authority's certificate behind it.
v1::SignedDocument ListDocument(const ListSpec& list, const std::string& authority);
v1::CrlState Naming(const ListSpec& list);

using FederationPtr = std::shared_ptr<const Federation>;
// Root 1, registry 1, timestamp 1.
FederationPtr SampleFederation();
// Accepts, or ends the program.
FederationPtr Then(const FederationPtr& before, const v1::SignedDocument& document,
                   const std::vector<v1::SignedDocument>& beside = {});

}  // namespace tombolo::trust

#endif  // TOMBOLO_TESTS_UNIT_TRUST_FIXTURE_H_
