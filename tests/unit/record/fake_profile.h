// A profile of a made-up country, small enough to be read whole, for tests of catalogues and rules.
//
// Ownership: plain object. Thread-safety: none. Errors: as the interface says.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_FAKE_PROFILE_H_
#define TOMBOLO_TESTS_UNIT_RECORD_FAKE_PROFILE_H_

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "gateway/record/profile.h"

namespace tombolo::record {

class FakeProfile : public Profile {
 public:
  FakeProfile() {
    Declare("test.org", false, "O123");
    Declare("test.other", false, "Z9");
    Declare("test.person", true, "P1234567");
    ever_ = {"01", "Anytown", "", "COUNTY", {}, {}, {}};
    abolished_ = {"02", "Oldtown", "", "COUNTY", {}, 1000, {}};
  }

  v1::ProfileRules rules_;
  std::map<std::string, std::string> codes_ = {{"A", "alpha"}, {"B", "beta"}};

  const std::string& name() const override { return name_; }
  const v1::ProfileRules& rules() const override { return rules_; }
  const v1::IdentifierScheme* FindScheme(std::string_view scheme) const override {
    const auto at = schemes_.find(std::string(scheme));
    return at == schemes_.end() ? nullptr : &at->second;
  }
  std::vector<std::string> SchemeNames() const override { return {}; }

  // A capital letter and digits; small letters are brought to capitals. "W" is warned about.
  IdentifierCheck CheckIdentifier(std::string_view scheme, std::string_view input,
                                  std::optional<int32_t>) const override {
    IdentifierCheck check;
    if (FindScheme(scheme) == nullptr) {
      check.faults.push_back({Code::SCHEME_UNKNOWN, "", std::string(scheme), "no such scheme"});
      return check;
    }
    check.normal = std::string(input);
    if (check.normal[0] >= 'a' && check.normal[0] <= 'z') check.normal[0] += 'A' - 'a';
    if (check.normal.find_first_not_of("0123456789", 1) != std::string::npos) {
      check.faults.push_back({Code::ID_INVALID, "", std::string(input), "not letter and digits"});
    }
    if (check.normal[0] == 'W') {
      check.warnings.push_back({Code::ID_INVALID, "", std::string(input), "an odd letter"});
    }
    return check;
  }

  std::vector<Fault> FindPersonNumbers(std::string_view text) const override {
    if (text.find("P1234567") == std::string_view::npos) return {};
    return {{Code::ID_IN_CLEAR, "", "P1****67", "a person's number"}};
  }

  std::string_view digest() const override { return "fake"; }
  size_t PersonNumberRunMin() const override { return std::string_view("P1234567").size(); }

  const Division* FindDivision(std::string_view table, std::string_view code,
                               std::optional<int32_t> day) const override {
    if (table != "test.places") return nullptr;
    if (code == "01") return &ever_;
    if (code == "02" && (!day || *day <= *abolished_.valid_until)) return &abolished_;
    return nullptr;
  }
  const std::string* FindCode(std::string_view list, std::string_view code) const override {
    const auto at = codes_.find(std::string(code));
    return list == "test.list" && at != codes_.end() ? &at->second : nullptr;
  }
  bool HasCodeList(std::string_view list) const override { return list == "test.list"; }
  std::optional<std::string> ProhibitedByTag(std::string_view tag) const override {
    if (tag == "religion") return "religion";
    return std::nullopt;
  }
  std::optional<std::string> ProhibitedByWords(std::string_view text) const override {
    if (text.find("church") != std::string_view::npos) return "religion";
    return std::nullopt;
  }

 private:
  void Declare(const std::string& scheme, bool natural_person, const std::string& example) {
    v1::IdentifierScheme& declared = schemes_[scheme];
    declared.set_scheme(scheme);
    declared.set_natural_person(natural_person);
    declared.add_examples(example);
  }

  std::string name_ = "test";
  std::map<std::string, v1::IdentifierScheme> schemes_;
  Division ever_, abolished_;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_FAKE_PROFILE_H_
