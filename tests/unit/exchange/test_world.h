// A federation of a province, a city and a town, the policies of its members, and the state of
// registry and policies that every node of a test shares.
//
// Ownership: values. Thread-safety: one thread. Errors: a broken fixture ends the program.
#ifndef TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_WORLD_H_
#define TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_WORLD_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/exchange/holdings.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::exchange {

using trust::kCity;
using trust::kProvince;
using trust::kTown;

// Purpose of all feeds: covered by "work", which allows GOVERNMENT to any member.
inline constexpr char kPurpose[] = "work";
inline constexpr char kItem[] = "a.fine";

std::unique_ptr<ledger::Signer> SignerOf(const std::string& member);

struct PolicyWish {
  bool government = true;                // a rule allows it to any member
  std::vector<std::string> limited_for;  // recipients of a grant
  std::string limited_until = "2027-01-01T00:00:00Z";
};

class World {
 public:
  World();
  // The origin's next policy version.
  void SetPolicy(const std::string& origin, const PolicyWish& wish);
  void DropPolicy(const std::string& origin) {
    policies_.erase(origin);
    Renew();
  }
  // A new registry in which the member has that state.
  void SetState(const std::string& member, v1::MemberState state);
  void SetFederation(trust::FederationPtr federation);

  std::shared_ptr<const Authority> authority() const { return authority_; }
  uint32_t NumberOf(const std::string& member) const;

 private:
  struct Documents {
    v1::SignedDocument policy;
    std::vector<v1::SignedDocument> grants;
  };
  void Renew();

  trust::FederationPtr federation_;
  std::map<std::string, Documents> policies_;
  std::map<std::string, uint64_t> versions_;
  std::shared_ptr<const Authority> authority_;
  uint64_t registry_version_ = 1;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_WORLD_H_
